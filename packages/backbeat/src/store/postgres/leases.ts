import type { Lease } from '../../job/assignment.ts'
import { RUNNING } from '../sql/job-sets.ts'
import { type ExpiredRow, expiredJobOf } from '../sql/running-jobs.ts'
import type { ExpiredJob, Renewal } from '../store.ts'
import { writeOutSql } from './bulk-claims.ts'
import type { PostgresConnection } from './connection.ts'
import { heldBy, NOW, type StoreTime, type TableNames } from './statements.ts'

export type LeaseSql = ReturnType<typeof leaseSql>

export function leaseSql(tables: TableNames) {
  const { jobs } = tables
  const leases = `unnest($3::uuid[], $4::bigint[]) AS lease (id, delivery)`
  return {
    writeOut: writeOutSql(tables),

    /** A row that someone else is writing is passed over, so that one job does not hold up the others' leases. */
    renew: `
      WITH free AS MATERIALIZED (
        SELECT job.id FROM ${leases} JOIN ${jobs} AS job ON ${heldBy('job', 'lease')}
        FOR NO KEY UPDATE OF job SKIP LOCKED
      ),
      renewed AS (
        UPDATE ${jobs} AS job SET heartbeat_at = ${NOW}, lease_expires_at = ${NOW} + $2::bigint
        FROM free WHERE job.id = free.id
      )
      SELECT job.id, job.delivery, job.cancel_requested_at, job.cancel_reason
      FROM ${leases} JOIN ${jobs} AS job ON ${heldBy('job', 'lease')}`,

    /** Few jobs run at any time, so walking them all needs no index by expiry that every claim would pay for. */
    expired: `
      SELECT id, delivery, task_type, worker, attempt, max_attempts, redeliveries, max_redeliveries, failed_items,
        cancel_requested_at, cancel_reason
      FROM ${jobs} WHERE ${RUNNING} AND lease_expires_at < ${NOW}
      ORDER BY lease_expires_at, id LIMIT $2`,
  }
}

/** Makes leases last longer. */
export async function renewLeases(
  connection: PostgresConnection,
  sql: LeaseSql,
  time: StoreTime,
  leases: readonly Lease[],
  leaseMs: number,
): Promise<Renewal> {
  const ids = leases.map(({ jobId }) => jobId)
  await connection.run(sql.writeOut.holding, [ids])
  const { rows } = await connection.run<RenewedRow>(sql.renew, [
    time.parameter,
    leaseMs,
    ids,
    leases.map(({ delivery }) => delivery),
  ])
  const held = new Map(rows.map((row) => [row.id, row]))
  const renewal: Renewal = { lost: [], cancelled: [] }
  for (const { jobId, delivery } of leases) {
    const row = held.get(jobId)
    if (row?.delivery !== delivery) renewal.lost.push({ jobId, delivery })
    else if (row.cancel_requested_at !== null) {
      renewal.cancelled.push({ jobId, delivery, reason: row.cancel_reason ?? '' })
    }
  }
  return renewal
}

/** Running jobs whose lease has run out, the longest first. */
export async function findExpiredJobs(
  connection: PostgresConnection,
  sql: LeaseSql,
  time: StoreTime,
  limit: number,
  held: readonly Lease[],
): Promise<ExpiredJob[]> {
  await connection.run(sql.writeOut.expired, [time.parameter])
  const kept = new Map(held.map(({ jobId, delivery }) => [jobId, delivery]))
  const { rows } = await connection.run<ExpiredRow>(sql.expired, [time.parameter, limit + kept.size])
  return rows
    .map(expiredJobOf)
    .filter(({ jobId, delivery }) => kept.get(jobId) !== delivery)
    .slice(0, limit)
}

interface RenewedRow {
  id: string
  delivery: number
  cancel_requested_at: number | null
  cancel_reason: string | null
}
