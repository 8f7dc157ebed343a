import type { Lease } from '../../job/assignment.ts'
import { MAX_RECORDED_ERRORS, type RecordedError } from '../../job/job.ts'
import type { ItemBatch, ItemOutcome, SettledItem } from '../../job/report.ts'
import { percentOf, storableError, storableKey, storableMessage } from '../sql/values.ts'
import { writeOutSql, wroteOut } from './bulk-claims.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { heldBy, NOW, type StoreTime, type TableNames } from './statements.ts'

export type ItemSql = ReturnType<typeof itemSql>

export function itemSql(tables: TableNames) {
  const { jobs, items } = tables
  return {
    writeOut: writeOutSql(tables),

    /**
     * Answers a row for each item that is new, and at least one where the lease is current. A batch
     * that arrives again after later ones does not turn the counts back.
     */
    record: `
      WITH held AS MATERIALIZED (
        SELECT job.id, job.attempt, job.processed_items, job.errors_count
        FROM (SELECT $2::uuid AS id, $3::bigint AS delivery) AS lease JOIN ${jobs} AS job ON ${heldBy('job', 'lease')}
        FOR NO KEY UPDATE OF job
      ),
      stored AS (
        INSERT INTO ${items} (job_id, key, position, delivery, status, attempts, error_type, error_message, at)
        SELECT held.id, item.key, item.position, $3, item.status, item.attempts, item.error_type, item.error_message, ${NOW}
        FROM held CROSS JOIN json_to_recordset($4::json) AS item (
          key text, position bigint, status text, attempts bigint, error_type text, error_message text
        )
        ON CONFLICT DO NOTHING
        RETURNING key
      ),
      counted AS (
        UPDATE ${jobs} AS job SET
          total_items = $5, processed_items = $6, successful_items = $7, failed_items = $8,
          progress_percent = $9, progress_message = coalesce($10, job.progress_message)
        FROM held WHERE job.id = held.id AND held.processed_items <= $6
      ),
      noted AS (${journalSql(tables, 'held')})
      SELECT held.attempt, held.errors_count, stored.key FROM held LEFT JOIN stored ON true`,

    /** Called while the job's row is locked. */
    keepErrors: `
      UPDATE ${jobs} SET
        errors = CASE WHEN errors_count = 0 THEN '[' ELSE left(errors, -1) || ',' END || $2::text || ']',
        errors_count = errors_count + $3::bigint
      WHERE id = $1`,

    settled: `
      SELECT item.place, recorded.delivery,
        job.retry_scope = 'failed_items' AND (original.status IS DISTINCT FROM 'failed') AS excluded
      FROM unnest($2::text[]) WITH ORDINALITY AS item (key, place)
      JOIN ${jobs} AS job ON job.id = $1
      LEFT JOIN ${items} AS recorded ON recorded.job_id = job.id AND recorded.key = item.key
      LEFT JOIN ${items} AS original ON original.job_id = job.retried_from_id AND original.key = item.key`,
  }
}

/** Whether the batch is recorded; it is not where the lease is lost. */
export function recordItemBatch(
  connection: PostgresConnection,
  sql: ItemSql,
  time: StoreTime,
  lease: Lease,
  batch: ItemBatch,
): Promise<boolean> {
  const work = (session: Session) => recordItemsIn(session, sql, time, lease, batch)
  return batch.outcomes.some(({ error }) => error) ? connection.transaction(work) : work(connection)
}

/** As {@link recordItemBatch}, in a transaction that is open where an item has an error. */
export async function recordItemsIn(
  session: Session,
  sql: ItemSql,
  time: StoreTime,
  lease: Lease,
  batch: ItemBatch,
): Promise<boolean> {
  if (await recordHeld(session, sql, time, lease, batch)) return true
  return (await wroteOut(session, sql.writeOut, [lease])) && recordHeld(session, sql, time, lease, batch)
}

async function recordHeld(
  session: Session,
  sql: ItemSql,
  time: StoreTime,
  lease: Lease,
  { outcomes, counts, message }: ItemBatch,
): Promise<boolean> {
  const { total, processed, successful, failed } = counts
  const { rows } = await session.run<{ attempt: number; errors_count: number; key: string | null }>(sql.record, [
    time.parameter,
    lease.jobId,
    lease.delivery,
    JSON.stringify(outcomes.map(rowOf)),
    total,
    processed,
    successful,
    failed,
    percentOf(processed, total),
    message === null ? null : storableMessage(message),
  ])
  const [held] = rows
  if (!held) return false
  const stored = new Set(rows.map(({ key }) => key))
  const errors = errorsOf(outcomes, stored, held.attempt).slice(0, Math.max(0, MAX_RECORDED_ERRORS - held.errors_count))
  if (errors.length > 0) {
    await session.run(sql.keepErrors, [lease.jobId, JSON.stringify(errors).slice(1, -1), errors.length])
  }
  return true
}

function rowOf({ key, position, attempts, error }: ItemOutcome) {
  const storable = error && storableError(error)
  return {
    key: storableKey(key),
    position,
    status: storable ? 'failed' : 'successful',
    attempts,
    error_type: storable?.type,
    error_message: storable?.message,
  }
}

/** The errors of items that were not on record before. */
function errorsOf(outcomes: readonly ItemOutcome[], stored: Set<string | null>, attempt: number): RecordedError[] {
  const errors: RecordedError[] = []
  for (const { key, error } of outcomes) {
    const item = storableKey(key)
    if (error && stored.delete(item)) errors.push({ attempt, ...storableError(error), item })
  }
  return errors
}

/** Which of the keys need not be worked on. */
export async function findSettledItems(
  session: Session,
  sql: ItemSql,
  lease: Lease,
  keys: readonly string[],
): Promise<Map<string, SettledItem>> {
  const { rows } = await session.run<{ place: number; delivery: number | null; excluded: boolean }>(sql.settled, [
    lease.jobId,
    keys.map(storableKey),
  ])
  const byPlace = new Map(rows.map((row) => [row.place, row]))
  const settled = new Map<string, SettledItem>()
  for (const [index, key] of keys.entries()) {
    const row = byPlace.get(index + 1)
    if (row?.excluded) settled.set(key, 'excluded')
    else if (typeof row?.delivery === 'number') settled.set(key, row.delivery === lease.delivery ? 'repeated' : 'done')
  }
  return settled
}
