import { claimOf } from '../sql/bulk-leases.ts'
import { areTheSame } from '../sql/plain-completion.ts'
import { toJsonText } from '../sql/values.ts'
import type { Settlement } from '../store.ts'
import { bigintArray, uuidArray } from './binary-arrays.ts'
import { journalSql } from './journal.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** Each with its own delivery and result, and the claim that holds it in bulk. */
const COMPLETED = `SELECT id::uuid, claim, delivery::integer, result FROM ROWS FROM (
  json_array_elements_text($3::json), unnest((SELECT $6::bigint[])), json_array_elements_text($4::json),
  json_array_elements_text($5::json)
) AS completed (id, claim, delivery, result)`

/**
 * All with the same ones. Through a query of its own, so that the planner does not see how many there are: of
 * thousands it would rather read the whole index of ids, history and all, than look each up.
 */
const COMPLETED_ALIKE = `SELECT id, claim, $4::integer AS delivery, $5::text AS result
  FROM unnest((SELECT $3::uuid[]), (SELECT $6::bigint[])) AS completed (id, claim)`

/** By its row, or by a bulk claim of which its row knows nothing yet. */
const HELD = `job.id = settled.id AND
  CASE WHEN job.status = 'running' THEN job.delivery = settled.delivery AND job.cancel_requested_at IS NULL
  ELSE settled.claimed_at IS NOT NULL AND job.delivery = 0 AND job.status = 'pending' END`

/**
 * Writes what completed with nothing to say but its result. Answers how many, and which only where it was
 * not all. The parameters: see {@link completion}.
 */
export function completeSql(tables: TableNames) {
  return { each: statement(tables, COMPLETED), alike: statement(tables, COMPLETED_ALIKE) }
}

function statement({ jobs, slots, changes, claims }: TableNames, completed: string): string {
  return `
    WITH settled_jobs AS (
      UPDATE ${jobs} AS job SET
        status = 'completed', completed_at = ${NOW}, attempt_outcome = 'completed', result = settled.result,
        error_type = NULL, error_message = NULL, traceback = NULL, lease_expires_at = NULL, progress_percent = 100,
        ready = 0, delivery = settled.delivery, attempt = greatest(job.attempt, 1),
        worker = coalesce(job.worker, settled.worker), started_at = coalesce(job.started_at, settled.claimed_at),
        attempt_started_at = coalesce(job.attempt_started_at, settled.claimed_at),
        heartbeat_at = coalesce(job.heartbeat_at, settled.claimed_at)
      FROM (
        SELECT completed.*, claim.worker, claim.claimed_at
        FROM (${completed}) AS completed LEFT JOIN ${claims} AS claim ON claim.id = completed.claim
      ) AS settled
      WHERE ${HELD}
      RETURNING job.id, job.restrictions IS NOT NULL AS is_restricted
    ),
    noted AS (${journalSql({ changes }, 'settled_jobs')}),
    freed AS (
      DELETE FROM ${slots} AS slot USING settled_jobs
      WHERE settled_jobs.is_restricted AND slot.job_id = settled_jobs.id::text RETURNING slot.key
    )
    SELECT NULL::uuid AS id, NULL AS key, count(*) AS written FROM settled_jobs
    UNION ALL SELECT id, NULL, NULL FROM settled_jobs WHERE (SELECT count(*) FROM settled_jobs) < $2::bigint
    UNION ALL SELECT NULL, key, NULL FROM freed`
}

/**
 * By which of the statements to write these, and its parameters. In the order of the ids, which is the order
 * in which everyone locks several jobs.
 */
export function completion(
  settlements: readonly Settlement[],
  time: StoreTime,
): { how: 'each' | 'alike'; parameters: unknown[] } {
  const sorted = settlements.toSorted((a, b) => (a.lease.jobId < b.lease.jobId ? -1 : 1))
  const ids = sorted.map(({ lease }) => lease.jobId)
  const deliveries = sorted.map(({ lease }) => lease.delivery)
  const results = sorted.map(({ changes }) => toJsonText(changes.result))
  const claims = bigintArray(sorted.map(({ lease }) => claimOf(lease)?.id ?? 0))
  const common = [time.parameter, sorted.length]
  if (areTheSame(deliveries) && areTheSame(results)) {
    return { how: 'alike', parameters: [...common, uuidArray(ids), deliveries[0], results[0], claims] }
  }
  const lists = [ids, deliveries, results].map((list) => JSON.stringify(list))
  return { how: 'each', parameters: [...common, ...lists, claims] }
}
