import { CHANGE_RETENTION_MS, JOBS_PER_ENTRY, MARK_GAP_MS } from '../sql/journal.ts'
import type { JobChanges } from '../store.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { endOf, isBehind, parsePosition, writePosition } from './position.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** So many entries at most are forgotten in one statement, and so many times in one sweep. */
const BATCH = 5000
const MAX_BATCHES = 20

/**
 * An entry is known by the transaction that wrote it, which is what a snapshot knows transactions by.
 * No sequence is needed, and none would do: its numbers become visible in another order than they
 * are drawn.
 */
export const JOURNAL_TABLE = [
  `CREATE TABLE backbeat_changes (
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    job_ids uuid[] NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000)`,
  `CREATE INDEX backbeat_changes_tx ON backbeat_changes (tx)`,
]
export const FIRST_MARK = 'pg_current_snapshot()::text'

/**
 * Notes jobs as changed, as a part of the statement that changes them: put it into a CTE of that
 * statement. Entries are short enough to stay in their row. Where nothing changed, nothing is noted.
 *
 * @param written the CTE whose column `id` says which jobs
 */
export function journalSql({ changes }: Pick<TableNames, 'changes'>, written: string): string {
  return `
    INSERT INTO ${changes} (job_ids) SELECT ids[first : first + ${JOBS_PER_ENTRY - 1}]
    FROM (SELECT array_agg(id) AS ids FROM ${written}) AS written,
      generate_series(1, cardinality(ids), ${JOBS_PER_ENTRY}) AS first`
}

/**
 * The same for jobs that are known before the statement runs, and of which it writes all or fails: nothing
 * is collected of what it wrote.
 *
 * @param parameter holds {@link journalEntries}
 */
export function journalGivenSql({ changes }: TableNames, parameter: string): string {
  return `INSERT INTO ${changes} (job_ids) SELECT ids::uuid[] FROM json_array_elements_text(${parameter}::json) AS ids`
}

/** As {@link journalGivenSql}. @param parameter holds the ids, a `uuid[]` */
export function journalIdsSql({ changes }: TableNames, parameter: string): string {
  const ids = `${parameter}::uuid[]`
  return `
    INSERT INTO ${changes} (job_ids) SELECT (${ids})[first : first + ${JOBS_PER_ENTRY - 1}]
    FROM generate_series(1, cardinality(${ids}), ${JOBS_PER_ENTRY}) AS first`
}

export function journalEntries(ids: readonly string[]): string {
  const entries: string[] = []
  for (let first = 0; first < ids.length; first += JOBS_PER_ENTRY) {
    entries.push(`{${ids.slice(first, first + JOBS_PER_ENTRY).join()}}`)
  }
  return JSON.stringify(entries)
}

export type JournalSql = ReturnType<typeof journalReadSql>

export function journalReadSql({ changes, changeMarks }: TableNames) {
  // The mark that is used already: what it saw may be gone. Another server's, out of a backup, says nothing here.
  const oldest = `(
    SELECT position FROM ${changeMarks}
    WHERE pg_snapshot_xmax(position::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) ORDER BY at LIMIT 1
  )`
  return {
    position: 'SELECT pg_current_snapshot()::text AS position',

    /**
     * What the position's snapshot did not see, and this statement's does: transactions that ran then,
     * and those that began later. Parameters: what the position says of the two, and a limit for the
     * later ones; a transaction is never cut in two.
     */
    after: `
      SELECT pg_current_snapshot()::text AS position, ${oldest} AS oldest, found.tx::text AS tx, found.ids, found.later
      FROM (SELECT 1) AS always LEFT JOIN (
        SELECT tx, array_to_string(job_ids, ',') AS ids, false AS later FROM ${changes} WHERE tx = ANY($1::xid8[])
        UNION ALL (
          SELECT tx, array_to_string(job_ids, ','), true FROM ${changes}
          WHERE tx >= $2::xid8 AND tx < pg_snapshot_xmax(pg_current_snapshot())
          ORDER BY tx FETCH FIRST $3 ROWS WITH TIES
        )
      ) AS found ON true`,

    mark: `
      INSERT INTO ${changeMarks} (at, position) SELECT ${NOW}, pg_current_snapshot()::text
      WHERE NOT EXISTS (SELECT FROM ${changeMarks} WHERE at > ${NOW} - ${MARK_GAP_MS})
      ON CONFLICT DO NOTHING`,

    /** What a mark saw is as old as the mark at least, however long its transaction took to commit. */
    forget: `
      WITH mark AS MATERIALIZED (
        SELECT at, position::pg_snapshot AS seen FROM ${changeMarks}
        WHERE at <= ${NOW} - ${CHANGE_RETENTION_MS} ORDER BY at DESC LIMIT 1
      ),
      older AS (DELETE FROM ${changeMarks} AS known USING mark WHERE known.at < mark.at)
      DELETE FROM ${changes} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${changes}
        WHERE tx < (SELECT pg_snapshot_xmax(seen) FROM mark) AND pg_visible_in_snapshot(tx, (SELECT seen FROM mark))
        ORDER BY tx LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      ))`,
  }
}

export async function changePosition(session: Session, sql: JournalSql): Promise<string> {
  const { rows } = await session.run<{ position: string }>(sql.position)
  return String(rows[0]?.position)
}

interface FoundRow {
  position: string
  oldest: string | null
  tx: string | null
  ids: string
  later: boolean
}

/** `null` where entries after the position may be gone, or the position is not one of this server's. */
export async function changesAfter(
  session: Session,
  sql: JournalSql,
  after: string,
  limit: number,
): Promise<JobChanges | null> {
  const position = parsePosition(after)
  if (!position) return null
  const running = position.running.map(String)
  const { rows } = await session.run<FoundRow>(sql.after, [running, String(position.end), Math.max(1, limit)])
  const [row] = rows
  const now = row && parsePosition(row.position)
  if (!row || !now || position.end > now.end) return null
  const oldest = row.oldest === null ? null : parsePosition(row.oldest)
  if (oldest && isBehind(position, oldest)) return null

  const jobIds = new Set<string>()
  for (const { tx, ids } of rows) if (tx !== null) for (const id of ids.split(',')) jobIds.add(id)
  const later = rows.filter((found) => found.later)
  const isComplete = later.length < limit
  const last = later.reduce((latest, { tx }) => (BigInt(tx ?? 0) > latest ? BigInt(tx ?? 0) : latest), 0n)
  return { jobIds: [...jobIds], position: isComplete ? row.position : writePosition(endOf(now, last)), isComplete }
}

/** Forgets what is older than the retention, in transactions of their own. */
export async function pruneJournal(connection: PostgresConnection, sql: JournalSql, time: StoreTime): Promise<void> {
  await connection.run(sql.mark, [time.parameter])
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    if ((await connection.run(sql.forget, [time.parameter])).rowCount < BATCH) return
  }
}
