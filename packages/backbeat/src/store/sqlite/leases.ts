import type { Lease } from '../../job/assignment.ts'
import { RUNNING } from '../sql/job-sets.ts'
import { expiredJobOf } from '../sql/running-jobs.ts'
import type { ExpiredJob, Renewal } from '../store.ts'
import { expiredClaims, writeOutClaim, wroteOut } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'

const RENEW = `
  UPDATE backbeat_jobs SET heartbeat_at = ?, lease_expires_at = ?
  WHERE id = ? AND status = 'running' AND delivery = ?
  RETURNING cancel_requested_at, cancel_reason`

/** Few jobs run at any time, so walking them all needs no index by expiry that every claim would pay for. */
const EXPIRED = `
  SELECT id, delivery, task_type, worker, attempt, max_attempts, redeliveries, max_redeliveries, failed_items,
    cancel_requested_at, cancel_reason
  FROM backbeat_jobs INDEXED BY backbeat_jobs_running WHERE ${RUNNING} AND lease_expires_at < ?
  ORDER BY lease_expires_at, id LIMIT ?`

const HOLDER = `SELECT 1 AS held FROM backbeat_jobs WHERE id = ? AND status = 'running' AND delivery = ?`

/** Whether the lease is the job's current one. */
export function isHeld(connection: SqliteConnection, lease: Lease): boolean {
  return connection.statement(HOLDER).get(lease.jobId, lease.delivery) !== undefined
}

/** Makes leases last longer. Called inside a transaction. */
export function renewLeases(
  connection: SqliteConnection,
  leases: readonly Lease[],
  leaseMs: number,
  now: number,
): Renewal {
  const renew = connection.statement(RENEW)
  const renewal: Renewal = { lost: [], cancelled: [] }
  for (const { jobId, delivery } of leases) {
    let row = renew.get(now, now + leaseMs, jobId, delivery)
    if (!row && wroteOut(connection, { jobId, delivery })) row = renew.get(now, now + leaseMs, jobId, delivery)
    if (!row) renewal.lost.push({ jobId, delivery })
    else if (row.cancel_requested_at !== null) {
      renewal.cancelled.push({ jobId, delivery, reason: String(row.cancel_reason ?? '') })
    }
  }
  return renewal
}

/** Running jobs whose lease has run out, the longest first. */
export function findExpiredJobs(
  connection: SqliteConnection,
  limit: number,
  held: readonly Lease[],
  now: number,
): ExpiredJob[] {
  const claims = expiredClaims(connection, now)
  if (claims.length > 0) connection.write(() => claims.map((id) => writeOutClaim(connection, id)))
  const kept = new Map(held.map(({ jobId, delivery }) => [jobId, delivery]))
  return connection
    .statement(EXPIRED)
    .all(now, limit + kept.size)
    .map((row) => expiredJobOf(row as never))
    .filter(({ jobId, delivery }) => kept.get(jobId) !== delivery)
    .slice(0, limit)
}
