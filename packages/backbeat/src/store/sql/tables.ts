import type { Generated } from 'kysely'
import type { AttemptOutcome, Item, LogLevel, RetryScope } from '../../job/job.ts'
import type { Status } from '../../job/states.ts'
import type { AccessTables } from './access-tables.ts'
import type { NotificationTables } from './notification-tables.ts'
import type { StatsCursorTable, StatsTable } from './stats-tables.ts'
import type { WorkersTable } from './worker-tables.ts'

/**
 * One row is one job and its latest attempt: an attempt that ended the job is recorded nowhere
 * else, so that the usual job costs one insert and two updates. Columns named `json` in the
 * comments hold JSON as text. Times are milliseconds since 1970 in UTC.
 */
export interface JobsTable {
  id: string
  status: Status
  /** 1 while the job waits and was seen to be due; else 0. What is claimed is found by it. */
  ready: number
  queue: string
  priority: number
  run_at: number
  task_type: string
  created_at: number
  started_at: number | null
  completed_at: number | null
  attempt: number
  max_attempts: number
  /** The fencing token: how often the job was claimed. */
  delivery: number
  redeliveries: number
  max_redeliveries: number
  /** `null` while the job waits; else when its current or last attempt started. */
  attempt_started_at: number | null
  /** How the attempt that ended the job ended; `null` where none did. */
  attempt_outcome: AttemptOutcome | null
  lease_expires_at: number | null
  heartbeat_at: number | null
  worker: string | null
  unique_key: string | null
  retried_from_id: string | null
  retry_scope: RetryScope
  triggered_by: string
  /** json: text[] */
  tags: string
  cancel_requested_at: number | null
  cancel_reason: string | null
  expires_at: number | null
  /** json: Restrictions, or null */
  restrictions: string | null
  /** The concurrency key that is full; the job is not ready before one of its jobs ends. */
  blocked_by: string | null
  /** 1 once its rate limit has been paid for the next start; else 0. */
  start_reserved: number
  tenant: string | null
  /** Its place among the tenants of its queue: the lowest is next. */
  turn: number
  total_items: number
  processed_items: number
  successful_items: number
  failed_items: number
  progress_percent: number
  progress_message: string | null
  error_type: string | null
  error_message: string | null
  /** How many entries `errors` has, so that a full list need not be read. */
  errors_count: number
  /** json, or null */
  progress_meta: string | null
  /** json: text[] */
  warnings: string
  /** json: RecordedError[] */
  errors: string
  traceback: string | null
  /** json, or null */
  result: string | null
  /** json */
  input: string
}

/** Attempts that did not end their job. */
export interface AttemptsTable {
  job_id: string
  /** The delivery that the attempt was. */
  ordinal: number
  attempt: number
  outcome: AttemptOutcome
  worker: string | null
  started_at: number
  ended_at: number
  error_type: string | null
  error_message: string | null
  traceback: string | null
}

export interface ItemsTable {
  job_id: string
  key: string
  position: number
  /** The delivery of the job that recorded it. */
  delivery: number
  status: Item['status']
  attempts: number
  error_type: string | null
  error_message: string | null
  at: number
}

export interface LogLinesTable {
  id: Generated<number>
  job_id: string
  at: number
  level: LogLevel
  message: string
  /** json, or null */
  fields: string | null
}

/** One row for each concurrency key of each running job. */
export interface SlotsTable {
  key: string
  job_id: string
}

/** The latest starts of jobs under a rate limit. */
export interface RatesTable {
  key: string
  /** json: number[] */
  starts: string
}

/** Who holds a unique key for a period. */
export interface UniquePeriodsTable {
  key: string
  job_id: string
  until: number
}

/** The latest turn of each tenant; the tenant '' stands for the queue's own clock. */
export interface TenantsTable {
  queue: string
  tenant: string
  turn: number
}

export interface QueuesTable {
  name: string
  paused_at: number | null
  draining_since: number | null
  concurrency: number | null
}

/** All names start with `backbeat_`, because a database may be shared with the application. */
export interface Tables extends AccessTables, NotificationTables {
  backbeat_jobs: JobsTable
  backbeat_attempts: AttemptsTable
  backbeat_items: ItemsTable
  backbeat_log_lines: LogLinesTable
  backbeat_slots: SlotsTable
  backbeat_rates: RatesTable
  backbeat_unique_periods: UniquePeriodsTable
  backbeat_tenants: TenantsTable
  backbeat_queues: QueuesTable
  backbeat_workers: WorkersTable
  backbeat_stats: StatsTable
  backbeat_stats_cursor: StatsCursorTable
}
