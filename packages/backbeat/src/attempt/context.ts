import { BackbeatError } from '../errors.ts'
import { LOG_LEVELS, type LogLevel, MAX_MESSAGE_LENGTH } from '../job/job.ts'
import { findJsonIssue, type Json } from '../json.ts'
import type { RunningJobInfo, TaskContext, TaskLog, TaskTransaction } from '../task/context.ts'
import { storableText } from '../text.ts'
import type { Reporter } from './reporter.ts'
import type { AttemptTools } from './tools.ts'

/** Of a progress's meta and a log line's fields. */
const MAX_BYTES = 16 * 1024

/** What a task's `run` sees of its attempt, the application's resources left out. */
export class AttemptContext implements TaskContext {
  readonly #tools: AttemptTools
  readonly #tx: object | undefined
  #log: TaskLog | undefined
  #progress: TaskContext['progress'] | undefined

  /** @param tx what the task finds as `ctx.tx`; absent where it is not transactional */
  constructor(tools: AttemptTools, tx?: object) {
    this.#tools = tools
    this.#tx = tx
  }

  get job(): RunningJobInfo {
    const { jobId, taskType, queue, attempt, maxAttempts, redeliveries, triggeredBy, tags, retryScope } =
      this.#tools.assignment
    return { id: jobId, taskType, queue, attempt, maxAttempts, redeliveries, triggeredBy, tags: [...tags], retryScope }
  }

  get signal(): AbortSignal {
    return this.#tools.signal
  }

  get tx(): TaskTransaction {
    if (this.#tx) return this.#tx as TaskTransaction
    throw new BackbeatError(
      'not_transactional',
      `ctx.tx is for transactional tasks only. Set transactional: true on ${this.#tools.assignment.taskType}, or open a connection of your own.`,
    )
  }

  get log(): TaskLog {
    this.#log ??= createLog(this.#tools.reporter)
    return this.#log
  }

  // Properties, like the others, so that they may be taken from the context.

  get progress(): TaskContext['progress'] {
    this.#progress ??= progressOf(this.#tools.reporter)
    return this.#progress
  }

  get items(): TaskContext['items'] {
    const { ledger } = this.#tools
    return (source, fn, options) => ledger.work(source, fn, options)
  }
}

/** The names on `ctx` that no resource may take. */
export const CONTEXT_NAMES: readonly string[] = Object.getOwnPropertyNames(AttemptContext.prototype).filter(
  (name) => name !== 'constructor',
)

function createLog(reporter: Reporter): TaskLog {
  const write = (level: LogLevel) => (message: string, fields?: { [key: string]: Json }) =>
    reporter.log(level, String(message), checkedJson('the fields of ctx.log', fields))
  return Object.fromEntries(LOG_LEVELS.map((level) => [level, write(level)])) as TaskLog
}

function progressOf(reporter: Reporter): TaskContext['progress'] {
  return (at, message, meta) =>
    reporter.progress({
      percent: percentOf(at),
      message: message === undefined ? null : storableText(message, MAX_MESSAGE_LENGTH),
      meta: checkedJson('the meta of ctx.progress', meta),
    })
}

function percentOf(at: number | { current: number; total: number }): number {
  const percent = typeof at === 'number' ? at : at.total > 0 ? (at.current / at.total) * 100 : 0
  if (!Number.isFinite(percent)) {
    throw new BackbeatError(
      'invalid_progress',
      'Progress is not a finite number. Give a percentage from 0 to 100, or { current, total }.',
    )
  }
  return Math.floor(Math.min(100, Math.max(0, percent)))
}

function checkedJson(what: string, value: Json | undefined): Json {
  if (value === undefined) return null
  const issue = findJsonIssue(value)
  if (!issue) return bounded(value)
  throw new BackbeatError('not_json', `${[what, ...issue.path].join('.')}: ${issue.message}. Give JSON values only.`)
}

/** Told in passing, so what is too large is left out, and the task goes on. */
function bounded(value: Json): Json {
  const bytes = Buffer.byteLength(JSON.stringify(value))
  return bytes <= MAX_BYTES ? value : { left_out: `${bytes} bytes; at most ${MAX_BYTES} are kept` }
}
