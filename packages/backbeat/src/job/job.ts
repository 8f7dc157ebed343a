import type { Json } from '../json.ts'
import type { Status } from './states.ts'

/** What is kept of an error: enough to understand it, small enough to store. */
export interface RecordedError {
  /** The error's class, such as `TypeError`. */
  type: string
  message: string
  /** The error's own `code`, where it has one. */
  code?: string
  traceback?: string
  /** The attempt in which it happened, counted from 1. */
  attempt?: number
  /** The key of the item that it belongs to. */
  item?: string
  /** Milliseconds since 1970 in UTC. */
  at: number
}

/** Item counters. `processed` counts failures too, so that a batch always reaches its total. */
export interface ItemCounts {
  total: number
  processed: number
  successful: number
  failed: number
}

/** Whether a job works on every item, or only on those that failed in the job that it retries. */
export type RetryScope = 'all' | 'failed_items'

/** A job without its large fields, as lists show it. Times are milliseconds since 1970 in UTC. */
export interface JobSummary {
  id: string
  taskType: string
  queue: string
  /** Higher runs first. */
  priority: number
  status: Status
  triggeredBy: string
  tags: string[]
  createdAt: number
  /** Not before this time. */
  runAt: number
  /** When its first attempt started. */
  startedAt: number | null
  completedAt: number | null
  heartbeatAt: number | null
  /** The current or latest attempt that counts, from 1; 0 before the first. */
  attempt: number
  maxAttempts: number
  /** How often it was handed out again because a worker vanished. */
  redeliveries: number
  worker: string | null
  errorType: string | null
  errorMessage: string | null
  progressPercent: number
  progressMessage: string | null
  items: ItemCounts
  uniqueKey: string | null
  retriedFromId: string | null
  retryScope: RetryScope
  cancelRequestedAt: number | null
  cancelReason: string | null
  /** Not started after this time. */
  expiresAt: number | null
  /** The limit that keeps it waiting, by its key. */
  blockedBy: string | null
  tenant: string | null
}

/** The whole record of a job. */
export interface Job extends JobSummary {
  input: Json
  result: Json
  traceback: string | null
  /** One entry for each failed attempt and failed item; the first hundred. */
  errors: RecordedError[]
  warnings: string[]
  progressMeta: Json
}

/** How one attempt ended; `running` while it has not. */
export type AttemptOutcome =
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'snoozed'
  /** Given back unfinished: the worker shut down, or its executor ended for another job's sake. */
  | 'released'
  /** The worker or its executor vanished. */
  | 'lost'

/** One try at running a job. */
export interface Attempt {
  /** Which delivery of the job this was, from 1. */
  ordinal: number
  /** The attempt number that counts towards `maxAttempts`. */
  attempt: number
  outcome: AttemptOutcome
  worker: string | null
  /** Of Backbeat, as the worker said; `null` where it is not known any more. */
  workerVersion: string | null
  startedAt: number
  endedAt: number | null
  errorType: string | null
  errorMessage: string | null
  traceback: string | null
}

/** One unit of work inside a job, and how it ended. */
export interface Item {
  key: string
  /** Its place in the source, from 0. */
  position: number
  status: 'successful' | 'failed'
  /** How many tries it took. */
  attempts: number
  errorType: string | null
  errorMessage: string | null
  at: number
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A line that a task wrote with `ctx.log`. */
export interface LogLine {
  /** Rises with each line of a job. */
  id: number
  at: number
  level: LogLevel
  message: string
  fields: Json
}

/** Every list in a record is bounded to this many entries. */
export const MAX_RECORDED_ERRORS = 100
export const MAX_WARNINGS = 100
/** Of a short text that is shown but never looked up by. */
export const MAX_NAME_LENGTH = 1000
export const MAX_MESSAGE_LENGTH = 2000
export const MAX_TRACEBACK_LENGTH = 16_000
