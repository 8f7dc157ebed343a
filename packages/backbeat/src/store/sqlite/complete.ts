import { type BulkClaim, claimOf, rowOf } from '../sql/bulk-leases.ts'
import { areTheSame, isPlainCompletion } from '../sql/plain-completion.ts'
import { toJsonText } from '../sql/values.ts'
import type { Settlement } from '../store.ts'
import { findClaim } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'
import { anySlotTaken, freeSlots } from './slots.ts'

const completed = (result: string) => `
  UPDATE backbeat_jobs SET
    status = 'completed', completed_at = ?1, attempt_outcome = 'completed', result = ${result},
    error_type = NULL, error_message = NULL, traceback = NULL, lease_expires_at = NULL, progress_percent = 100`

/** One statement for all: one for each job costs half as much again. */
const COMPLETE = `
  ${completed('settled.result')}
  FROM (
    SELECT value ->> 0 AS id, value ->> 1 AS delivery, value ->> 2 AS result FROM json_each(?2)
  ) AS settled
  WHERE backbeat_jobs.id = settled.id AND status = 'running' AND backbeat_jobs.delivery = settled.delivery
    AND cancel_requested_at IS NULL`

/** With the same delivery and result. */
const COMPLETE_ALIKE = `
  ${completed('?4')}
  WHERE id IN (SELECT value FROM json_each(?2)) AND status = 'running' AND delivery = ?3 AND cancel_requested_at IS NULL`

/** What a bulk claim holds, whose row says nothing of it yet. It is found by its row. */
const inBulk = (result: string) => `${completed(result)},
    ready = 0, start_reserved = 0, delivery = 1, attempt = 1, worker = ?3, started_at = ?4, attempt_started_at = ?4,
    heartbeat_at = ?4`
const COMPLETE_IN_BULK = `
  ${inBulk('settled.result')}
  FROM (SELECT value ->> 0 AS place, value ->> 1 AS result FROM json_each(?2)) AS settled
  WHERE backbeat_jobs.rowid = settled.place AND delivery = 0 AND status = 'pending'`
const COMPLETE_IN_BULK_ALIKE = `
  ${inBulk('?5')}
  WHERE rowid IN (SELECT value FROM json_each(?2)) AND delivery = 0 AND status = 'pending'`

const COMPLETED = `SELECT 1 AS found FROM backbeat_jobs WHERE id = ? AND delivery = ? AND status = 'completed'`

/** Writes what completed with nothing to say but its result. Called inside a transaction. Returns what was written. */
export function completeAttempts(
  connection: SqliteConnection,
  settlements: readonly Settlement[],
  now: number,
): Set<Settlement> {
  if (new Set(settlements.map(({ lease }) => lease.jobId)).size < settlements.length) return new Set()
  const plain = settlements.filter(isPlainCompletion)
  const written = new Set<Settlement>()
  for (const [claim, some] of Map.groupBy(plain, ({ lease }) => claimOf(lease))) {
    if (claim) noteWritten(connection, some, completeInBulk(connection, claim, some, now), written)
  }
  const others = written.size === 0 ? plain : plain.filter((settlement) => !written.has(settlement))
  if (others.length > 1) noteWritten(connection, others, complete(connection, others, now), written)
  const mayHoldSlots = anySlotTaken(connection)
  for (const { lease } of written) {
    connection.noteChange(lease.jobId)
    if (mayHoldSlots) freeSlots(connection, lease.jobId)
  }
  return written
}

/** @param changes how many of the settlements were written. @param written is added to */
function noteWritten(
  connection: SqliteConnection,
  settlements: readonly Settlement[],
  changes: number,
  written: Set<Settlement>,
): void {
  for (const settlement of settlements) {
    const { jobId, delivery } = settlement.lease
    if (changes === settlements.length) written.add(settlement)
    else if (changes > 0 && connection.statement(COMPLETED).get(jobId, delivery) !== undefined) written.add(settlement)
  }
}

/** Answers how many were written: none where the claim is written out by now. */
function completeInBulk(
  connection: SqliteConnection,
  { id }: BulkClaim,
  plain: readonly Settlement[],
  now: number,
): number {
  const claim = findClaim(connection, id)
  if (!claim) return 0
  const rows = plain.map(({ lease }) => rowOf(lease) as number)
  const results = plain.map(({ changes }) => toJsonText(changes.result))
  const { worker, claimed_at } = claim
  if (areTheSame(results)) {
    const parameters = [JSON.stringify(rows), worker, claimed_at, results[0] as string | null]
    return Number(connection.statement(COMPLETE_IN_BULK_ALIKE).run(now, ...parameters).changes)
  }
  const pairs = JSON.stringify(rows.map((row, at) => [row, results[at]]))
  return Number(connection.statement(COMPLETE_IN_BULK).run(now, pairs, worker, claimed_at).changes)
}

/** Answers how many were written. */
function complete(connection: SqliteConnection, plain: readonly Settlement[], now: number): number {
  const ids = plain.map(({ lease }) => lease.jobId)
  const deliveries = plain.map(({ lease }) => lease.delivery)
  const results = plain.map(({ changes }) => toJsonText(changes.result))
  if (areTheSame(deliveries) && areTheSame(results)) {
    const parameters = [JSON.stringify(ids), deliveries[0] as number, results[0] as string | null]
    return Number(connection.statement(COMPLETE_ALIKE).run(now, ...parameters).changes)
  }
  const rows = plain.map((_, at) => [ids[at], deliveries[at], results[at]])
  return Number(connection.statement(COMPLETE).run(now, JSON.stringify(rows)).changes)
}
