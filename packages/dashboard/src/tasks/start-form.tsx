import { Alert, Button, Group, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { BackbeatApiError, type Task } from 'backbeat/client'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'
import { type Draft, initialDraft, jsonOf, placed, problemsOf, Unreadable } from '../form/draft.ts'
import { modeFor, SchemaForm } from '../form/schema-form.tsx'
import { useSession } from '../ui/session.tsx'
import { mayChoose } from './task-numbers.ts'

const OPTIONS = ['queue', 'priority', 'delay'] as const
type Options = Partial<Record<(typeof OPTIONS)[number], string>>

const NONE: ReadonlyMap<string, string> = new Map()

/** Starts a job of the task with an input that is written here. */
export function StartForm({ task }: { task: Task }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const canChoose = mayChoose(useSession(), task.name)
  // As it was when the form was opened: what is written must not go with the next answer.
  const [schema] = useState(task.input_schema)
  const [draft, setDraft] = useState<Draft>(() => initialDraft(schema, schema, true))
  const [mode, setMode] = useState(() => modeFor(schema))
  const [options, setOptions] = useState<Options>({})
  const [messages, setMessages] = useState(NONE)
  const [problem, setProblem] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  // One key until something else is asked for: an answer that was lost starts nothing twice.
  const key = useRef(newKey())

  const change = (next: Draft) => {
    key.current = newKey()
    setDraft(next)
    setMessages(NONE)
    setProblem(null)
  }

  /** What need not be sent to know that it is wrong. */
  const missing = (): ReadonlyMap<string, string> => {
    if (mode === 'json') return draft instanceof Unreadable ? new Map([['#', t('form.not_json')]]) : NONE
    return new Map(Array.from(problemsOf(draft, schema, schema), ([pointer, code]) => [pointer, t(`form.${code}`)]))
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const found = missing()
    setMessages(found)
    setProblem(null)
    if (found.size > 0) return focusFirst(form.current, found)
    setBusy(true)
    try {
      const { priority, ...chosen } = options
      const { job_id } = await client.trigger(task.name, jsonOf(draft) ?? {}, {
        ...chosen,
        // As it was written, so that the server can say what is wrong with it.
        ...(priority !== undefined && { priority: priority as unknown as number }),
        idempotencyKey: key.current,
      })
      key.current = newKey()
      notifications.show({ message: t('tasks.started') })
      await navigate({ to: '/jobs/$id', params: { id: job_id } })
    } catch (error) {
      key.current = newKey()
      setProblem(error)
      if (error instanceof BackbeatApiError && error.status === 422) {
        const errors = (error.problem.errors ?? []).filter(({ path }) => !isOption(error, path))
        const told = mode === 'form' ? placed(errors, draft, schema, schema) : listed(errors)
        setMessages(told)
        focusFirst(form.current, told)
      }
    } finally {
      setBusy(false)
    }
  }

  return (
    <section className="panel">
      <Title order={2}>{t('tasks.start')}</Title>
      <form ref={form} className="start-form" onSubmit={(event) => void submit(event)} noValidate>
        <SchemaForm schema={schema} draft={draft} onDraft={change} mode={mode} onMode={setMode} messages={messages} />
        {canChoose && (
          <details className="options">
            <summary>{t('tasks.options')}</summary>
            <div className="options-fields">
              {OPTIONS.map((name) => (
                <TextInput
                  key={name}
                  label={t(`tasks.${name}`)}
                  placeholder={name === 'delay' ? '10m' : String(task[name])}
                  description={t(`tasks.${name}Hint`)}
                  value={options[name] ?? ''}
                  onChange={(event) => {
                    const { [name]: _, ...others } = options
                    const text = event.currentTarget.value.trim()
                    key.current = newKey()
                    setOptions(text === '' ? others : { ...others, [name]: text })
                  }}
                  error={optionMessage(problem, name)}
                  autoComplete="off"
                  spellCheck={false}
                />
              ))}
            </div>
          </details>
        )}
        <Problem problem={problem} message={mode === 'form' ? messages.get('#') : undefined} />
        <Group justify="flex-end">
          <Button type="submit" size="sm" loading={isBusy} leftSection={<IconPlayerPlay size={15} />}>
            {t('tasks.startJob')}
          </Button>
        </Group>
      </form>
    </section>
  )
}

function Problem({ problem, message }: { problem: unknown; message: string | undefined }) {
  const { t } = useTranslation()
  if (problem === null) return null
  const isInvalid = problem instanceof BackbeatApiError && problem.code === 'invalid_input'
  const active = problem instanceof BackbeatApiError ? problem.problem.active_job_id : undefined
  return (
    <Alert color="red" p="xs" role="alert">
      {isInvalid ? [t('tasks.invalid'), message].filter(Boolean).join(' ') : messageOf(problem)}
      {active !== undefined && (
        <>
          {' '}
          <Link to="/jobs/$id" params={{ id: active }}>
            {t('tasks.toActive')}
          </Link>
        </>
      )}
    </Alert>
  )
}

/** All that is wrong with an input that is written as one. */
function listed(errors: readonly { path: string; message: string }[]): ReadonlyMap<string, string> {
  const lines = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return new Map([['#', lines.join('. ')]])
}

/** Whether a path of a refused request is of the query, and not of the input. */
function isOption(error: BackbeatApiError, path: string): boolean {
  return error.code === 'invalid_query' && (OPTIONS as readonly string[]).includes(path)
}

function optionMessage(problem: unknown, name: string): string | undefined {
  if (!(problem instanceof BackbeatApiError) || problem.code !== 'invalid_query') return undefined
  return problem.problem.errors?.find(({ path }) => path === name)?.message
}

/** Puts the keyboard where the first thing is wrong. */
function focusFirst(form: HTMLFormElement | null, messages: ReadonlyMap<string, string>): void {
  const wrong = Array.from(form?.querySelectorAll<HTMLElement>('[data-pointer]') ?? []).find((element) =>
    messages.has(element.dataset.pointer ?? ''),
  )
  const input = wrong?.matches('input, select, textarea')
    ? wrong
    : wrong?.querySelector<HTMLElement>('input, select, textarea')
  input?.focus()
}

/** Browsers have `crypto.randomUUID` on secure pages only. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
}
