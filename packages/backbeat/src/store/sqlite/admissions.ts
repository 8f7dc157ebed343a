import { type Admission, admit, type Candidate, EXPIRED_REASON, keysOf, type Usage } from '../../job/admission.ts'
import { candidateOf, isUnrestricted, type RestrictedRow } from '../sql/restricted-row.ts'
import type { SqliteConnection } from './connection.ts'
import { slotsTaken, takeSlots, unblock } from './slots.ts'

const STARTS = `SELECT starts FROM backbeat_rates WHERE key = ?`
const SAVE_STARTS = `
  INSERT INTO backbeat_rates (key, starts) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET starts = ?2`

const BLOCK = `UPDATE backbeat_jobs SET ready = 0, blocked_by = ? WHERE id = ?`
const DEFER = `UPDATE backbeat_jobs SET ready = 0, run_at = ?, start_reserved = 1 WHERE id = ?`
const EXPIRE = `
  UPDATE backbeat_jobs SET status = 'cancelled', ready = 0, completed_at = ?, cancel_reason = '${EXPIRED_REASON}'
  WHERE id = ?`

/**
 * Decides which of the rows may start, and puts the others where they wait for what keeps them.
 * Called inside a transaction.
 *
 * @param capacity at most so many start
 * @returns the rows that may start, in their order
 */
export function admitRows<Row extends RestrictedRow>(
  connection: SqliteConnection,
  rows: readonly Row[],
  capacity: number,
  now: number,
): Row[] {
  if (rows.every(isUnrestricted)) return rows.slice(0, capacity)
  const candidates = rows.map(candidateOf)
  const usage = usageFor(connection, candidates)
  const admissions = admit(candidates, usage, capacity, now)
  for (const [key, starts] of usage.starts) connection.statement(SAVE_STARTS).run(key, JSON.stringify(starts))
  return rows.filter((_, index) => {
    const candidate = candidates[index] as Candidate
    return apply(connection, candidate, admissions[index] as Admission, now)
  })
}

function usageFor(connection: SqliteConnection, candidates: readonly Candidate[]): Usage {
  const keys = keysOf(candidates)
  return {
    running: new Map(keys.concurrency.map((key) => [key, slotsTaken(connection, key)])),
    starts: new Map(keys.rate.map((key) => [key, startsOf(connection, key)])),
  }
}

function startsOf(connection: SqliteConnection, key: string): number[] {
  return JSON.parse(String(connection.statement(STARTS).get(key)?.starts ?? '[]')) as number[]
}

/** Whether the job starts. */
function apply(connection: SqliteConnection, { id, restrictions }: Candidate, admission: Admission, now: number) {
  const keys = restrictions?.concurrency.map(({ key }) => key) ?? []
  switch (admission.kind) {
    case 'passed_over':
      return false
    case 'start':
      takeSlots(connection, id, keys)
      return true
    case 'blocked':
      connection.noteChange(id)
      connection.statement(BLOCK).run(admission.by, id)
      // It was let through for another of its keys, and leaves that room to the next.
      for (const key of keys) if (key !== admission.by) unblock(connection, key, 1)
      return false
    case 'deferred':
      connection.noteChange(id)
      connection.statement(DEFER).run(admission.until, id)
      for (const key of keys) unblock(connection, key, 1)
      return false
    case 'expired':
      connection.noteChange(id)
      connection.statement(EXPIRE).run(now, id)
      for (const key of keys) unblock(connection, key, 1)
      return false
  }
}
