import type { Lease } from '../../job/assignment.ts'
import { MAX_RECORDED_ERRORS, type RecordedError } from '../../job/job.ts'
import type { ItemBatch, SettledItem } from '../../job/report.ts'
import { appendErrors, percentOf, storableError, storableKey, storableMessage } from '../sql/values.ts'
import { wroteOut } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'

const HOLDER = `
  SELECT attempt, processed_items, errors_count FROM backbeat_jobs
  WHERE id = ? AND status = 'running' AND delivery = ?`

const INSERT = `
  INSERT INTO backbeat_items (job_id, key, position, delivery, status, attempts, error_type, error_message, at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const COUNT = `
  UPDATE backbeat_jobs SET
    total_items = ?, processed_items = ?, successful_items = ?, failed_items = ?,
    progress_percent = ?, progress_message = coalesce(?, progress_message)
  WHERE id = ?`

const ERRORS = `SELECT errors FROM backbeat_jobs WHERE id = ?`
const KEEP_ERRORS = `UPDATE backbeat_jobs SET errors = ?, errors_count = ? WHERE id = ?`

/** Whether the batch is recorded; it is not where the lease is lost. Called inside a transaction. */
export function recordItemBatch(connection: SqliteConnection, lease: Lease, batch: ItemBatch, now: number): boolean {
  let holder = holderOf(connection, lease)
  if (!holder && wroteOut(connection, lease)) holder = holderOf(connection, lease)
  if (!holder) return false
  connection.noteChange(lease.jobId)

  const insert = connection.statement(INSERT)
  const errors: RecordedError[] = []
  const room = MAX_RECORDED_ERRORS - holder.errors_count
  for (const outcome of batch.outcomes) {
    const key = storableKey(outcome.key)
    const error = outcome.error && storableError(outcome.error)
    const { changes } = insert.run(
      lease.jobId,
      key,
      outcome.position,
      lease.delivery,
      error ? 'failed' : 'successful',
      outcome.attempts,
      error?.type ?? null,
      error?.message ?? null,
      now,
    )
    if (error && changes === 1 && errors.length < room) errors.push({ attempt: holder.attempt, ...error, item: key })
  }
  if (errors.length > 0) keepErrors(connection, lease.jobId, errors)
  // A batch that arrives again after later ones must not turn the counts back.
  if (batch.counts.processed >= holder.processed_items) writeCounts(connection, lease.jobId, batch)
  return true
}

interface Holder {
  attempt: number
  processed_items: number
  errors_count: number
}

/** The job as far as it is held by the lease. */
function holderOf(connection: SqliteConnection, { jobId, delivery }: Lease): Holder | undefined {
  return connection.statement(HOLDER).get(jobId, delivery) as unknown as Holder | undefined
}

function keepErrors(connection: SqliteConnection, jobId: string, more: RecordedError[]): void {
  const { errors, count } = appendErrors(String(connection.statement(ERRORS).get(jobId)?.errors), more)
  connection.statement(KEEP_ERRORS).run(errors, count, jobId)
}

function writeCounts(connection: SqliteConnection, jobId: string, { counts, message }: ItemBatch): void {
  const { total, processed, successful, failed } = counts
  const text = message === null ? null : storableMessage(message)
  connection.statement(COUNT).run(total, processed, successful, failed, percentOf(processed, total), text, jobId)
}

const SCOPE = `SELECT retry_scope, retried_from_id FROM backbeat_jobs WHERE id = ?`
const RECORDED = `SELECT delivery FROM backbeat_items WHERE job_id = ? AND key = ?`
const FAILED = `SELECT 1 AS failed FROM backbeat_items WHERE job_id = ? AND key = ? AND status = 'failed'`

/** Which of the keys need not be worked on. Reads only. */
export function findSettledItems(
  connection: SqliteConnection,
  lease: Lease,
  keys: readonly string[],
): Map<string, SettledItem> {
  const settled = new Map<string, SettledItem>()
  const job = connection.statement(SCOPE).get(lease.jobId)
  const repairs = job?.retry_scope === 'failed_items' ? String(job.retried_from_id) : undefined
  for (const key of keys) {
    const stored = storableKey(key)
    if (repairs !== undefined && !connection.statement(FAILED).get(repairs, stored)) {
      settled.set(key, 'excluded')
      continue
    }
    const recorded = connection.statement(RECORDED).get(lease.jobId, stored)
    if (recorded) settled.set(key, recorded.delivery === lease.delivery ? 'repeated' : 'done')
  }
  return settled
}
