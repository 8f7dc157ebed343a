import type { Settlement } from '../store.ts'
import type { Session } from './connection.ts'
import type { TableNames } from './statements.ts'

/** Deliveries that are on record as just that: in the job's row where it rests, else among its attempts. */
export function settledBeforeSql({ jobs, attempts }: TableNames): string {
  return `
    WITH told AS (
      SELECT * FROM json_to_recordset($1::json) AS told (id uuid, delivery bigint, status text, outcome text)
    )
    SELECT told.id FROM told JOIN ${jobs} AS job ON job.id = told.id
    WHERE job.delivery = told.delivery AND job.status = told.status AND job.attempt_outcome = told.outcome
    UNION ALL
    SELECT told.id FROM told JOIN ${attempts} AS kept ON kept.job_id = told.id
    WHERE kept.ordinal = told.delivery AND kept.outcome = told.outcome`
}

/** Those of the jobs whose outcome was written by an earlier try, whose answer was lost. */
export async function findSettledBefore(
  session: Session,
  sql: string,
  settlements: readonly Settlement[],
): Promise<Set<string>> {
  const tried = settlements.filter(({ triedBefore }) => triedBefore)
  if (tried.length === 0) return new Set()
  const told = tried.map(({ lease, changes }) => ({
    id: lease.jobId,
    delivery: lease.delivery,
    status: changes.status,
    outcome: changes.attemptOutcome,
  }))
  const { rows } = await session.run<{ id: string }>(sql, [JSON.stringify(told)])
  return new Set(rows.map(({ id }) => id))
}
