import type { SqliteConnection } from './connection.ts'

const ANY_TAKEN = `SELECT 1 AS found FROM backbeat_slots LIMIT 1`
const FREE = `DELETE FROM backbeat_slots WHERE job_id = ? RETURNING key`
const TAKE = `INSERT OR IGNORE INTO backbeat_slots (key, job_id) VALUES (?, ?)`
const COUNT = `SELECT count(*) AS running FROM backbeat_slots WHERE key = ?`

const UNBLOCK = `
  UPDATE backbeat_jobs SET ready = 1, blocked_by = NULL WHERE id IN (
    SELECT id FROM backbeat_jobs INDEXED BY backbeat_jobs_blocked
    WHERE blocked_by = ? ORDER BY priority DESC, turn, run_at, id LIMIT ?
  )
  RETURNING id`

/** Whether any job holds a slot: the usual job holds none, and then there are usually none at all. */
export function anySlotTaken(connection: SqliteConnection): boolean {
  return connection.statement(ANY_TAKEN).get() !== undefined
}

/** Gives back the slots of a job that runs no more, each to the job that waits for it and is next. */
export function freeSlots(connection: SqliteConnection, jobId: string): void {
  if (!anySlotTaken(connection)) return
  for (const { key } of connection.statement(FREE).all(jobId)) unblock(connection, String(key), 1)
}

export function takeSlots(connection: SqliteConnection, jobId: string, keys: readonly string[]): void {
  for (const key of keys) connection.statement(TAKE).run(key, jobId)
}

/** How many running jobs hold the key. */
export function slotsTaken(connection: SqliteConnection, key: string): number {
  return Number(connection.statement(COUNT).get(key)?.running)
}

/** Lets up to `count` jobs that wait for the key be claimed, and answers how many that were. */
export function unblock(connection: SqliteConnection, key: string, count: number): number {
  const unblocked = connection.statement(UNBLOCK).all(key, count)
  for (const { id } of unblocked) connection.noteChange(String(id))
  return unblocked.length
}
