import { areTheSame, isPlainCompletion } from '../sql/plain-completion.ts'
import { toJsonText } from '../sql/values.ts'
import type { Settlement } from '../store.ts'
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

const COMPLETED = `SELECT 1 AS found FROM backbeat_jobs WHERE id = ? AND delivery = ? AND status = 'completed'`

/** Writes what completed with nothing to say but its result. Called inside a transaction. Returns what was written. */
export function completeAttempts(
  connection: SqliteConnection,
  settlements: readonly Settlement[],
  now: number,
): Set<Settlement> {
  const plain = settlements.filter(isPlainCompletion)
  if (plain.length < 2 || new Set(settlements.map(({ lease }) => lease.jobId)).size < settlements.length) {
    return new Set()
  }
  const changes = complete(connection, plain, now)
  const isWritten = ({ lease }: Settlement) =>
    connection.statement(COMPLETED).get(lease.jobId, lease.delivery) !== undefined
  const written = changes === plain.length ? plain : plain.filter(isWritten)
  const mayHoldSlots = anySlotTaken(connection)
  for (const { lease } of written) {
    connection.noteChange(lease.jobId)
    if (mayHoldSlots) freeSlots(connection, lease.jobId)
  }
  return new Set(written)
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
