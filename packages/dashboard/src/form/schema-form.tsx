import { SegmentedControl, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Draft, draftOf, jsonOf, Unreadable } from './draft.ts'
import { FieldInput } from './field-input.tsx'
import { FormContext } from './form-context.ts'
import { fieldOf, type JsonSchema } from './schema.ts'

/** Field by field, or all of it as JSON. */
export type FormMode = 'form' | 'json'

interface SchemaFormProps {
  schema: JsonSchema
  draft: Draft
  onDraft: (draft: Draft) => void
  mode: FormMode
  onMode: (mode: FormMode) => void
  /** What is wrong, by the place that it is about. */
  messages: ReadonlyMap<string, string>
}

/** What has no fields is written as JSON. */
export function modeFor(schema: JsonSchema): FormMode {
  return fieldOf(schema, schema).kind === 'json' ? 'json' : 'form'
}

/** Asks for an input in the way that its schema says, or as JSON. */
export function SchemaForm({ schema, draft, onDraft, mode, onMode, messages }: SchemaFormProps) {
  const { t } = useTranslation()
  const [text, setText] = useState(() => textOf(draft))
  const [isUnfit, setUnfit] = useState(false)

  const write = (written: string) => {
    setText(written)
    setUnfit(false)
    onDraft(parsed(written) as Draft)
  }
  const change = (next: FormMode) => {
    if (next === 'json') {
      setText(textOf(draft))
      onDraft(jsonOf(draft) as Draft)
      onMode('json')
      return
    }
    const fitting = draft instanceof Unreadable ? undefined : draftOf(draft, schema, schema)
    setUnfit(fitting === undefined)
    if (fitting === undefined) return
    onDraft(fitting)
    onMode('form')
  }

  return (
    <FormContext value={{ root: schema, messages, Part: FieldInput }}>
      {modeFor(schema) === 'form' && (
        <SegmentedControl
          size="xs"
          style={{ justifySelf: 'start' }}
          aria-label={t('form.mode')}
          value={mode}
          onChange={(value) => change(value as FormMode)}
          data={[
            { value: 'form', label: t('form.form') },
            { value: 'json', label: 'JSON' },
          ]}
        />
      )}
      {mode === 'form' ? (
        <FieldInput schema={schema} path={[]} value={draft} onValue={onDraft} isRequired label="" />
      ) : (
        <Textarea
          label={t('form.json')}
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
          error={messages.get('#') ?? (isUnfit && t('form.unfit'))}
          data-pointer="#"
          autosize
          minRows={6}
          maxRows={24}
          spellCheck={false}
          classNames={{ input: 'mono' }}
        />
      )}
    </FormContext>
  )
}

function textOf(draft: Draft): string {
  if (draft instanceof Unreadable) return draft.text
  return JSON.stringify(jsonOf(draft) ?? {}, null, 2)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return new Unreadable(text)
  }
}
