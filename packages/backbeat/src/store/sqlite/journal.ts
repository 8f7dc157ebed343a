import { CHANGE_RETENTION_MS, MARK_GAP_MS } from '../sql/journal.ts'
import type { JobChanges } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

/** So many entries at most are forgotten in one transaction, so that nobody waits long for it; and so often in one sweep. */
const BATCH = 5000
const MAX_BATCHES = 20

/** One writes at a time, so entries are in the order of their commits. */
export const JOURNAL_TABLE = [`CREATE TABLE backbeat_changes (id INTEGER PRIMARY KEY, job_ids TEXT NOT NULL)`]
export const FIRST_MARK = `'0'`

const LAST = `SELECT coalesce(max(id), 0) AS id FROM backbeat_changes`
const AFTER = `SELECT id, job_ids FROM backbeat_changes WHERE id > ? ORDER BY id LIMIT ?`
const OLDEST_MARK = `SELECT CAST(position AS INTEGER) AS id FROM backbeat_change_marks ORDER BY at LIMIT 1`

const MARK = `
  INSERT OR IGNORE INTO backbeat_change_marks (at, position)
  SELECT ?1, (SELECT coalesce(max(id), 0) FROM backbeat_changes)
  WHERE NOT EXISTS (SELECT 1 FROM backbeat_change_marks WHERE at > ?1 - ${MARK_GAP_MS})`
const USABLE_MARK = `
  SELECT at, CAST(position AS INTEGER) AS id FROM backbeat_change_marks
  WHERE at <= ?1 - ${CHANGE_RETENTION_MS} ORDER BY at DESC LIMIT 1`
const DROP_MARKS = `DELETE FROM backbeat_change_marks WHERE at < ?`
/** The newest entry stays: without it the numbers would begin anew. */
const FORGET = `
  DELETE FROM backbeat_changes WHERE id IN (
    SELECT id FROM backbeat_changes WHERE id <= ? AND id < (SELECT max(id) FROM backbeat_changes)
    ORDER BY id LIMIT ${BATCH}
  )`

export function changePosition(connection: SqliteConnection): string {
  return String(connection.statement(LAST).get()?.id)
}

/** `null` where entries after the position may be gone, or the position is not one of this file's. */
export function changesAfter(connection: SqliteConnection, after: string, limit: number): JobChanges | null {
  if (!/^\d{1,15}$/.test(after)) return null
  const position = Number(after)
  const rows = connection.statement(AFTER).all(position, Math.max(1, limit))
  // Looked at last: another process may forget entries in between.
  const oldest = Number(connection.statement(OLDEST_MARK).get()?.id ?? 0)
  // A file that was put back to an older state has not come so far yet.
  if (position < oldest || position > Number(changePosition(connection))) return null
  const jobIds = new Set(rows.flatMap(({ job_ids }) => String(job_ids).split(',')))
  return {
    jobIds: [...jobIds],
    position: String(rows.at(-1)?.id ?? position),
    isComplete: rows.length < limit,
  }
}

/**
 * Forgets what is older than the retention, in several transactions.
 *
 * @param write does work in a transaction of its own
 */
export async function pruneJournal(
  connection: SqliteConnection,
  write: (work: (now: number) => boolean) => Promise<boolean>,
): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    if (!(await write((now) => forget(connection, now)))) return
  }
}

/** Answers whether there may be more to forget. */
function forget(connection: SqliteConnection, now: number): boolean {
  connection.statement(MARK).run(now)
  const mark = connection.statement(USABLE_MARK).get(now)
  if (!mark) return false
  connection.statement(DROP_MARKS).run(Number(mark.at))
  return Number(connection.statement(FORGET).run(Number(mark.id)).changes) === BATCH
}
