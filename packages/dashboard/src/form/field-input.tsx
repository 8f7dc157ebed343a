import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Draft, pointerTo, Unreadable } from './draft.ts'
import { type FieldInputProps, type PartProps, useForm } from './form-context.ts'
import { ListInput, ObjectInput, RecordInput, UnionInput } from './group-input.tsx'
import { type Field, fieldOf } from './schema.ts'
import { useConstraints } from './words.ts'

/** One part of an input, and all that is in it. */
export function FieldInput(props: FieldInputProps) {
  const { root } = useForm()
  const field = fieldOf(props.schema, root)
  switch (field.kind) {
    case 'object':
      return <ObjectInput {...props} field={field} />
    case 'list':
      return <ListInput {...props} field={field} />
    case 'record':
      return <RecordInput {...props} field={field} />
    case 'union':
      return <UnionInput {...props} field={field} />
    case 'choice':
      return <ChoiceInput {...props} field={field} />
    case 'flag':
      return <FlagInput {...props} field={field} />
    case 'number':
      return <NumberInput {...props} field={field} />
    case 'text':
      return <WrittenInput {...props} field={field} />
    case 'constant':
      return <ConstantInput {...props} field={field} />
    default:
      return <JsonInput {...props} field={field} />
  }
}

/** What every input of one value has around it. */
function useFrame({ path, label, isRequired, field }: PartProps<Field['kind']>) {
  const { messages } = useForm()
  const constraints = useConstraints(field)
  const description = [field.description, constraints].filter(Boolean).join(' · ')
  return {
    label: field.title ?? label,
    description: description === '' ? undefined : description,
    error: messages.get(pointerTo(path)),
    // Said by a mark and to screen readers; the browser's own bubble would come before our messages.
    withAsterisk: isRequired,
    'aria-required': isRequired,
    'data-pointer': pointerTo(path),
  }
}

const LONG = 200

function WrittenInput(props: PartProps<'text'>) {
  const { field, value, onValue, isRequired } = props
  const frame = useFrame(props)
  const { format, maxLength } = field.schema
  const text = typeof value === 'string' ? value : ''
  const write = (written: string) => onValue(written === '' && !isRequired ? undefined : written)
  if (text.includes('\n') || (typeof maxLength === 'number' && maxLength > LONG)) {
    return (
      <Textarea {...frame} value={text} onChange={(event) => write(event.currentTarget.value)} autosize minRows={2} />
    )
  }
  return (
    <TextInput
      {...frame}
      value={text}
      onChange={(event) => write(event.currentTarget.value)}
      // A date's own input, but no other: browsers refuse what a schema may allow.
      type={format === 'date' ? 'date' : 'text'}
      autoComplete="off"
      spellCheck={false}
    />
  )
}

function NumberInput(props: PartProps<'number'>) {
  const { value, onValue } = props
  const frame = useFrame(props)
  const [text, setText] = useState(() => (value instanceof Unreadable ? value.text : String(value ?? '')))
  const write = (written: string) => {
    setText(written)
    const trimmed = written.trim()
    const number = Number(trimmed.replace(',', '.'))
    onValue(trimmed === '' ? undefined : Number.isFinite(number) ? number : new Unreadable(written))
  }
  return (
    <TextInput
      {...frame}
      value={text}
      onChange={(event) => write(event.currentTarget.value)}
      inputMode="decimal"
      autoComplete="off"
    />
  )
}

function FlagInput(props: PartProps<'flag'>) {
  const { value, onValue, isRequired, field } = props
  const { t } = useTranslation()
  const { withAsterisk: _, ...frame } = useFrame(props)
  // With a default, or where it must be given, it is one or the other.
  if (isRequired || 'default' in field.schema) {
    return (
      <Checkbox
        size="xs"
        {...frame}
        checked={value === true}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
    )
  }
  return (
    <NativeSelect
      {...frame}
      value={value === undefined ? '' : String(value)}
      onChange={(event) => onValue(event.currentTarget.value === '' ? undefined : event.currentTarget.value === 'true')}
      data={[
        { value: '', label: t('form.unset') },
        { value: 'true', label: t('form.yes') },
        { value: 'false', label: t('form.no') },
      ]}
    />
  )
}

function ChoiceInput(props: PartProps<'choice'>) {
  const { value, onValue, isRequired, field } = props
  const { t } = useTranslation()
  const frame = useFrame(props)
  const chosen = field.options.findIndex((option) => JSON.stringify(option) === JSON.stringify(value))
  return (
    <NativeSelect
      {...frame}
      value={String(chosen)}
      onChange={(event) => onValue(field.options[Number(event.currentTarget.value)] as Draft)}
      data={[
        ...(chosen === -1 || !isRequired ? [{ value: '-1', label: t(isRequired ? 'form.choose' : 'form.unset') }] : []),
        ...field.options.map((option, index) => ({
          value: String(index),
          label: typeof option === 'string' ? option : JSON.stringify(option),
        })),
      ]}
    />
  )
}

/** Nothing to choose but whether it is given at all. */
function ConstantInput(props: PartProps<'constant'>) {
  const { value, onValue, isRequired, field } = props
  const { withAsterisk: _, ...frame } = useFrame(props)
  const text = JSON.stringify(field.value)
  if (isRequired) return null
  return (
    <Checkbox
      size="xs"
      {...frame}
      label={`${frame.label}: ${text}`}
      checked={value !== undefined}
      onChange={(event) => onValue(event.currentTarget.checked ? (field.value as Draft) : undefined)}
    />
  )
}

function JsonInput(props: PartProps<'json'>) {
  const { value, onValue } = props
  const { t } = useTranslation()
  const frame = useFrame(props)
  const id = useId()
  const [text, setText] = useState(() =>
    value instanceof Unreadable ? value.text : value === undefined ? '' : JSON.stringify(value, null, 2),
  )
  const write = (written: string) => {
    setText(written)
    try {
      onValue(written.trim() === '' ? undefined : JSON.parse(written))
    } catch {
      onValue(new Unreadable(written))
    }
  }
  return (
    <Textarea
      id={id}
      {...frame}
      description={[frame.description, t('form.asJson')].filter(Boolean).join(' · ')}
      value={text}
      onChange={(event) => write(event.currentTarget.value)}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      classNames={{ input: 'mono' }}
    />
  )
}
