import { BackbeatError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import { LOG_LEVELS, type LogLevel, MAX_MESSAGE_LENGTH } from '../job/job.ts'
import { findJsonIssue, type Json } from '../json.ts'
import type { TaskContext, TaskLog } from '../task/context.ts'
import { storableText } from '../text.ts'
import type { ItemLedger } from './items.ts'
import type { Reporter } from './reporter.ts'

/** Of a progress's meta and a log line's fields. */
const MAX_BYTES = 16 * 1024

/** What a task's `run` sees of its attempt, the application's resources and the transaction left out. */
export function createContext(
  assignment: Assignment,
  signal: AbortSignal,
  reporter: Reporter,
  ledger: ItemLedger,
): Omit<TaskContext, 'tx'> {
  const { jobId, taskType, queue, attempt, maxAttempts, redeliveries, triggeredBy, tags, retryScope } = assignment
  return {
    job: { id: jobId, taskType, queue, attempt, maxAttempts, redeliveries, triggeredBy, tags, retryScope },
    signal,
    log: createLog(reporter),
    progress(at, message, meta) {
      reporter.progress({
        percent: percentOf(at),
        message: message === undefined ? null : storableText(message, MAX_MESSAGE_LENGTH),
        meta: checkedJson('the meta of ctx.progress', meta),
      })
    },
    items: (source, fn, options) => ledger.work(source, fn, options),
  }
}

/** The names on `ctx` that no resource may take. */
export const CONTEXT_NAMES: readonly string[] = ['job', 'signal', 'log', 'progress', 'items', 'tx']

function createLog(reporter: Reporter): TaskLog {
  const write = (level: LogLevel) => (message: string, fields?: { [key: string]: Json }) =>
    reporter.log(level, String(message), checkedJson('the fields of ctx.log', fields))
  return Object.fromEntries(LOG_LEVELS.map((level) => [level, write(level)])) as TaskLog
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
