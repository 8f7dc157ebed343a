import type { Lease } from '../../job/assignment.ts'
import type { SqliteConnection } from './connection.ts'

// A claim of many quick jobs is one record of their rows. The rows still say `pending`, and are written once, when the
// jobs complete; or before that, where anything else is to be said of them. See decision 0019. Nobody writes beside
// the transaction that does any of this, so what it has read goes on to be true.

export const BULK_CLAIM_TABLE = [
  // An id that comes again would be taken for one that is over.
  `CREATE TABLE backbeat_claims (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    worker TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    lease_expires_at INTEGER NOT NULL,
    job_rows TEXT NOT NULL
  )`,
]

/**
 * The condition that a row is not claimed. It is asked of the index alone: a row that is claimed is not read.
 * What waits again after it was claimed is in no record, since its claim was written out before that was said of it.
 */
export const NOT_CLAIMED = 'rowid NOT IN (SELECT value FROM backbeat_claims, json_each(job_rows))'

const RECORD = `
  INSERT INTO backbeat_claims (worker, claimed_at, lease_expires_at, job_rows) VALUES (?, ?, ?, ?) RETURNING id`
const DROP = `DELETE FROM backbeat_claims WHERE id = ?`
const ONE = `SELECT id, worker, claimed_at, lease_expires_at, job_rows FROM backbeat_claims WHERE id = ?`
const EXPIRED = `SELECT id FROM backbeat_claims WHERE lease_expires_at < ?`
const UNWRITTEN = `SELECT rowid FROM backbeat_jobs WHERE id = ? AND delivery = 0 AND status = 'pending'`
const HOLDING = `SELECT claim.id FROM backbeat_claims AS claim, json_each(claim.job_rows) AS held WHERE held.value = ?`
const WRITE_OUT = `
  UPDATE backbeat_jobs SET
    status = 'running', ready = 0, start_reserved = 0, delivery = 1, attempt = 1, worker = ?1,
    attempt_started_at = ?2, started_at = ?2, heartbeat_at = ?2, lease_expires_at = ?3
  WHERE rowid IN (SELECT value FROM json_each(?4)) AND delivery = 0 AND status = 'pending'
  RETURNING id`

export interface ClaimRecord {
  id: number
  worker: string
  claimed_at: number
  lease_expires_at: number
  job_rows: string
}

/** Called inside a transaction, as all that follows. Returns the record's id. */
export function recordClaim(
  connection: SqliteConnection,
  rows: readonly number[],
  worker: string,
  now: number,
  leaseMs: number,
): number {
  return Number(connection.statement(RECORD).get(worker, now, now + leaseMs, JSON.stringify(rows))?.id)
}

export function dropClaims(connection: SqliteConnection, ids: readonly number[]): void {
  for (const id of ids) connection.statement(DROP).run(id)
}

export function findClaim(connection: SqliteConnection, id: number): ClaimRecord | undefined {
  return connection.statement(ONE).get(id) as ClaimRecord | undefined
}

/** Writes what a claim says into the rows of its jobs, which then are like those of any other. Returns how many. */
export function writeOutClaim(connection: SqliteConnection, id: number): number {
  const claim = findClaim(connection, id)
  if (!claim) return 0
  connection.statement(DROP).run(id)
  const { worker, claimed_at, lease_expires_at, job_rows } = claim
  const written = connection.statement(WRITE_OUT).all(worker, claimed_at, lease_expires_at, job_rows)
  for (const { id: jobId } of written) connection.noteChange(String(jobId))
  return written.length
}

/** Reads only. */
export function expiredClaims(connection: SqliteConnection, now: number): number[] {
  return connection
    .statement(EXPIRED)
    .all(now)
    .map(({ id }) => Number(id))
}

/** As {@link writeOutClaim}, of the claim that holds this job in bulk. Returns whether there was one. */
export function wroteOut(connection: SqliteConnection, { jobId, delivery }: Lease): boolean {
  // All claims are looked through, and so only for a job that may be in one.
  const row = delivery === 1 ? connection.statement(UNWRITTEN).get(jobId)?.rowid : undefined
  const claim = row === undefined ? undefined : connection.statement(HOLDING).get(Number(row))
  return claim !== undefined && writeOutClaim(connection, Number(claim.id)) > 0
}
