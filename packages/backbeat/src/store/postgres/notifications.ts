import { EVERYONE, HAS_STARTER, OR_COUNT_UP } from '../sql/notification-tables.ts'
import type { TableNames } from './statements.ts'

/**
 * Tells people of jobs that came to rest, as a part of the statement that writes their outcomes: put it
 * into a CTE of that statement. One for everyone who may see the job, and one for who started it. What
 * came together is counted together, and in one order, so that two such statements do not wait for each
 * other.
 *
 * @param written the CTE that says which jobs, with what is to be told; those without a fingerprint are not told of
 */
export function raiseSql({ notifications }: TableNames, written: string): string {
  const last = (column: string) => `(array_agg(${column} ORDER BY id DESC))[1]`
  return `
    INSERT INTO ${notifications} AS known (
      fingerprint, addressee, task_type, status, error_type, message, count, first_job_id, last_job_id, first_at, last_at
    )
    SELECT fingerprint, whom.addressee, task_type, ${last('status')}, ${last('told_type')},
      ${last('told_message')}, count(*), (array_agg(id ORDER BY id))[1], ${last('id')}, min(completed_at), max(completed_at)
    FROM ${written} CROSS JOIN LATERAL (
      SELECT '${EVERYONE}' AS addressee UNION ALL SELECT triggered_by WHERE ${HAS_STARTER}
    ) AS whom
    WHERE fingerprint IS NOT NULL
    GROUP BY task_type, fingerprint, whom.addressee
    ORDER BY task_type, fingerprint, whom.addressee
    ${OR_COUNT_UP}`
}
