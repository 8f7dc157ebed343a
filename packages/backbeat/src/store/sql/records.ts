import type { Selectable } from 'kysely'
import type { Attempt, Item, Job, JobSummary, LogLine, RecordedError } from '../../job/job.ts'
import type { AttemptsTable, ItemsTable, JobsTable, LogLinesTable } from './tables.ts'
import { fromJsonText } from './values.ts'

/** The columns of a {@link JobSummary}: all but the large ones. */
export const SUMMARY_COLUMNS = [
  'id',
  'task_type',
  'queue',
  'priority',
  'status',
  'triggered_by',
  'tags',
  'created_at',
  'run_at',
  'started_at',
  'completed_at',
  'heartbeat_at',
  'attempt',
  'max_attempts',
  'redeliveries',
  'worker',
  'error_type',
  'error_message',
  'progress_percent',
  'progress_message',
  'total_items',
  'processed_items',
  'successful_items',
  'failed_items',
  'unique_key',
  'retried_from_id',
  'retry_scope',
  'cancel_requested_at',
  'cancel_reason',
  'expires_at',
  'blocked_by',
  'tenant',
] as const satisfies readonly (keyof JobsTable)[]

/**
 * The columns of a {@link Job}. Named one by one everywhere: a newer version may add some while this one
 * runs, and a statement that was prepared for all of them would fail from then on.
 */
export const JOB_COLUMNS = [
  ...SUMMARY_COLUMNS,
  'input',
  'result',
  'traceback',
  'errors',
  'warnings',
  'progress_meta',
] as const satisfies readonly (keyof JobsTable)[]

export const ATTEMPT_COLUMNS = [
  'ordinal',
  'attempt',
  'outcome',
  'worker',
  'started_at',
  'ended_at',
  'error_type',
  'error_message',
  'traceback',
] as const satisfies readonly (keyof AttemptsTable)[]

type SummaryRow = Pick<JobsTable, (typeof SUMMARY_COLUMNS)[number]>

export function summaryOf(row: SummaryRow): JobSummary {
  return {
    id: row.id,
    taskType: row.task_type,
    queue: row.queue,
    priority: row.priority,
    status: row.status,
    triggeredBy: row.triggered_by,
    tags: JSON.parse(row.tags) as string[],
    createdAt: row.created_at,
    runAt: row.run_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    heartbeatAt: row.heartbeat_at,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    redeliveries: row.redeliveries,
    worker: row.worker,
    errorType: row.error_type,
    errorMessage: row.error_message,
    progressPercent: row.progress_percent,
    progressMessage: row.progress_message,
    items: {
      total: row.total_items,
      processed: row.processed_items,
      successful: row.successful_items,
      failed: row.failed_items,
    },
    uniqueKey: row.unique_key,
    retriedFromId: row.retried_from_id,
    retryScope: row.retry_scope,
    cancelRequestedAt: row.cancel_requested_at,
    cancelReason: row.cancel_reason,
    expiresAt: row.expires_at,
    blockedBy: row.blocked_by,
    tenant: row.tenant,
  }
}

export function jobOf(row: Pick<JobsTable, (typeof JOB_COLUMNS)[number]>): Job {
  return {
    ...summaryOf(row),
    input: fromJsonText(row.input),
    result: fromJsonText(row.result),
    traceback: row.traceback,
    errors: JSON.parse(row.errors) as RecordedError[],
    warnings: JSON.parse(row.warnings) as string[],
    progressMeta: fromJsonText(row.progress_meta),
  }
}

/** An attempt, but for what is known of its worker. */
type AttemptRecord = Omit<Attempt, 'workerVersion'>

export function attemptOf(row: Pick<AttemptsTable, (typeof ATTEMPT_COLUMNS)[number]>): AttemptRecord {
  return {
    ordinal: row.ordinal,
    attempt: row.attempt,
    outcome: row.outcome,
    worker: row.worker,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    errorType: row.error_type,
    errorMessage: row.error_message,
    traceback: row.traceback,
  }
}

export type OwnAttemptRow = Pick<
  JobsTable,
  | 'status'
  | 'delivery'
  | 'attempt'
  | 'attempt_outcome'
  | 'attempt_started_at'
  | 'completed_at'
  | 'worker'
  | 'error_type'
  | 'error_message'
  | 'traceback'
>

/** The attempt that the job's own row records: the one that runs, or the one that ended the job. */
export function ownAttemptOf(row: OwnAttemptRow): AttemptRecord | undefined {
  if (row.attempt_started_at === null) return undefined
  const running = row.status === 'running'
  return {
    ordinal: row.delivery,
    attempt: row.attempt,
    outcome: running ? 'running' : (row.attempt_outcome ?? 'lost'),
    worker: row.worker,
    startedAt: row.attempt_started_at,
    endedAt: running ? null : row.completed_at,
    // While it runs, the row still tells why the attempt before it failed.
    errorType: running ? null : row.error_type,
    errorMessage: running ? null : row.error_message,
    traceback: running ? null : row.traceback,
  }
}

export function itemOf(row: Omit<ItemsTable, 'job_id' | 'delivery'>): Item {
  return {
    key: row.key,
    position: row.position,
    status: row.status,
    attempts: row.attempts,
    errorType: row.error_type,
    errorMessage: row.error_message,
    at: row.at,
  }
}

export function logLineOf(row: Omit<Selectable<LogLinesTable>, 'job_id'>): LogLine {
  return { id: row.id, at: row.at, level: row.level, message: row.message, fields: fromJsonText(row.fields) }
}
