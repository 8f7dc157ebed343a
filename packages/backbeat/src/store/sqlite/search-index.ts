import { type RawBuilder, sql } from 'kysely'
import type { Ask } from '../sql/dialect.ts'
import { RESTING } from '../sql/job-sets.ts'
import { trigramsOf } from '../sql/search-terms.ts'

/** More jobs than these are not sorted by their age: looking through the newest is as quick, and holds nobody up. */
const MAX_SORTED = 10_000

/**
 * An index of every three characters in a row, without the texts themselves, and without their order.
 * Triggers keep it, so that it is right whoever writes, also in a transaction of the application's own.
 * A job that has neither error nor tag costs no more than finding that out. An error that went away may
 * stay in the index.
 */
export const SEARCH_INDEX = [
  `CREATE VIRTUAL TABLE backbeat_search USING fts5 (
    words, tokenize = 'trigram', detail = none, content = '', contentless_delete = 1
  )`,
  `CREATE TRIGGER backbeat_search_insert AFTER INSERT ON backbeat_jobs
    WHEN new.tags <> '[]' OR new.error_message IS NOT NULL BEGIN
      INSERT INTO backbeat_search (rowid, words)
        VALUES (new.rowid, coalesce(new.error_message || char(10), '') || new.tags);
    END`,
  `CREATE TRIGGER backbeat_search_update AFTER UPDATE OF error_message ON backbeat_jobs
    WHEN new.error_message IS NOT NULL AND new.error_message IS NOT old.error_message BEGIN
      DELETE FROM backbeat_search
        WHERE rowid = new.rowid AND (old.error_message IS NOT NULL OR old.tags <> '[]');
      INSERT INTO backbeat_search (rowid, words) VALUES (new.rowid, new.error_message || char(10) || new.tags);
    END`,
  `CREATE TRIGGER backbeat_search_delete AFTER DELETE ON backbeat_jobs BEGIN
      DELETE FROM backbeat_search WHERE rowid = old.rowid;
    END`,
]

/** A query cannot be given up here, so where it would take long it is not begun. */
export async function mentions(pieces: readonly string[], ask: Ask): Promise<RawBuilder<boolean> | undefined> {
  const trigrams = trigramsOf(pieces).map((trigram) => `"${trigram}"`)
  const found = await ask<{ rowid: number }>(sql`
    SELECT rowid FROM backbeat_search WHERE backbeat_search MATCH ${trigrams.join(' AND ')} LIMIT ${MAX_SORTED + 1}`)
  if (found.length > MAX_SORTED) return undefined
  const rowids = JSON.stringify(found.map(({ rowid }) => rowid))
  return sql<boolean>`${sql.raw(RESTING)} AND rowid IN (SELECT value FROM json_each(${rowids}))`
}
