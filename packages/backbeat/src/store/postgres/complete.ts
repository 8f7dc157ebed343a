import { toJsonText } from '../sql/values.ts'
import type { Settlement } from '../store.ts'
import { journalSql } from './journal.ts'
import { heldBy, NOW, type StoreTime, type TableNames } from './statements.ts'

const COMPLETED = `ROWS FROM (
  json_array_elements_text($2::json), json_array_elements_text($3::json), json_array_elements_text($4::json)
) AS completed (id, delivery, result)`

const HELD = `${heldBy('job', 'settled', 'AND job.cancel_requested_at IS NULL')}`

/** Writes what completed with nothing to say but its result. Answers how many, and which only where it was not all. */
export function completeSql(tables: TableNames): string {
  const { jobs, slots } = tables
  return `
    WITH settled_jobs AS (
      UPDATE ${jobs} AS job SET
        status = 'completed', completed_at = ${NOW}, attempt_outcome = 'completed', result = settled.result,
        error_type = NULL, error_message = NULL, traceback = NULL, lease_expires_at = NULL, progress_percent = 100
      FROM (SELECT id::uuid, delivery::integer, result FROM ${COMPLETED}) AS settled WHERE ${HELD}
      RETURNING job.id, job.restrictions IS NOT NULL AS is_restricted
    ),
    noted AS (${journalSql(tables, 'settled_jobs')}),
    freed AS (
      DELETE FROM ${slots} AS slot USING settled_jobs
      WHERE settled_jobs.is_restricted AND slot.job_id = settled_jobs.id::text RETURNING slot.key
    )
    SELECT NULL::uuid AS id, NULL AS key, count(*) AS written FROM settled_jobs
    UNION ALL SELECT id, NULL, NULL FROM settled_jobs WHERE (SELECT count(*) FROM settled_jobs) < $5::bigint
    UNION ALL SELECT NULL, key, NULL FROM freed`
}

/** The parameters of {@link completeSql}. In the order of the ids, which is the order in which everyone locks several jobs. */
export function completionParameters(settlements: readonly Settlement[], time: StoreTime): unknown[] {
  const sorted = settlements.toSorted((a, b) => (a.lease.jobId < b.lease.jobId ? -1 : 1))
  return [
    time.parameter,
    JSON.stringify(sorted.map(({ lease }) => lease.jobId)),
    JSON.stringify(sorted.map(({ lease }) => lease.delivery)),
    JSON.stringify(sorted.map(({ changes }) => toJsonText(changes.result))),
    sorted.length,
  ]
}
