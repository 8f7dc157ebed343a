import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import type { TableNames } from './statements.ts'

/**
 * Locks names until the transaction ends. By their hashes, which are what is locked: sorted by name,
 * two names of one hash would break the order.
 */
const LOCK = `
  SELECT pg_advisory_xact_lock(hash) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS hash FROM unnest($1::text[]) AS name ORDER BY hash
  ) AS sorted`

/**
 * Keeps others from deciding by the same keys until the transaction ends. Whoever counts what holds a
 * key, or unblocks what waits for it, does so in a later statement of the transaction: only that one
 * sees what the holder before has done. A transaction locks queues first, and then all else at once,
 * so that no two wait for each other.
 *
 * @param names of {@link lockName}
 */
export async function lockNames(session: Session, names: readonly string[]): Promise<void> {
  if (names.length > 0) await session.run(LOCK, [names])
}

/** The table's full name keeps the schemas of one database, and the kinds of keys, apart. */
export function lockName(table: string, key: string): string {
  return `${table} ${key}`
}

export type SlotSql = ReturnType<typeof slotSql>

export function slotSql(tables: TableNames) {
  const { jobs, slots } = tables
  return {
    slots,
    unblock: `
      WITH unblocked AS (
        UPDATE ${jobs} SET ready = 1, blocked_by = NULL WHERE blocked_by IS NOT NULL AND id = ANY(ARRAY(
          SELECT next.id FROM json_to_recordset($1::json) AS room (key text, count bigint) CROSS JOIN LATERAL (
            SELECT id FROM ${jobs} WHERE blocked_by = room.key
            ORDER BY priority DESC, turn, run_at, id LIMIT room.count FOR NO KEY UPDATE SKIP LOCKED
          ) AS next
        ))
        RETURNING id
      ),
      noted AS (${journalSql(tables, 'unblocked')})
      SELECT FROM unblocked`,
  }
}

/** Gives slots that were freed each to the job that waits for it and is next. Answers how many that were. */
export async function passOn(session: Session, sql: SlotSql, keys: readonly string[]): Promise<number> {
  if (keys.length === 0) return 0
  await lockNames(
    session,
    keys.map((key) => lockName(sql.slots, key)),
  )
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return unblock(session, sql, counts)
}

/** Lets jobs that wait for a key be claimed, up to so many of each. Called while the keys are locked. */
export async function unblock(session: Session, sql: SlotSql, counts: ReadonlyMap<string, number>): Promise<number> {
  if (counts.size === 0) return 0
  const rooms = [...counts].map(([key, count]) => ({ key, count }))
  return (await session.run(sql.unblock, [JSON.stringify(rooms)])).rowCount
}
