import { type RawBuilder, sql } from 'kysely'

/** More jobs than these are not sorted by their age: looking through the newest is as quick, and holds nobody up. */
const MAX_SORTED = 10_000

/**
 * An index of every three characters in a row, without the texts themselves. Triggers keep it, so that
 * it is right whoever writes, also in a transaction of the application's own. A job that has neither
 * error nor tag costs no more than finding that out. An error that went away may stay in the index.
 */
export const SEARCH_INDEX = [
  `CREATE VIRTUAL TABLE backbeat_search USING fts5 (
    words, tokenize = 'trigram', content = '', contentless_delete = 1
  )`,
  `CREATE TRIGGER backbeat_search_insert AFTER INSERT ON backbeat_jobs
    WHEN new.tags <> '[]' OR new.error_message IS NOT NULL BEGIN
      INSERT INTO backbeat_search (rowid, words)
        VALUES (new.rowid, coalesce(new.error_message || char(10), '') || new.tags);
    END`,
  `CREATE TRIGGER backbeat_search_update AFTER UPDATE OF error_message ON backbeat_jobs
    WHEN new.error_message IS NOT NULL AND new.error_message IS NOT old.error_message BEGIN
      DELETE FROM backbeat_search WHERE rowid = new.rowid;
      INSERT INTO backbeat_search (rowid, words) VALUES (new.rowid, new.error_message || char(10) || new.tags);
    END`,
  `CREATE TRIGGER backbeat_search_delete AFTER DELETE ON backbeat_jobs BEGIN
      DELETE FROM backbeat_search WHERE rowid = old.rowid;
    END`,
]

/** The numbers of jobs that have each of the pieces. */
export function found(pieces: readonly string[]): RawBuilder<{ rowid: number }> {
  const phrases = pieces.map((piece) => `"${piece}"`).join(' AND ')
  return sql`SELECT rowid FROM backbeat_search WHERE backbeat_search MATCH ${phrases}`
}

/** A query cannot be given up here, so what would take long is not begun. */
export function areMentionedOften(pieces: readonly string[]): RawBuilder<{ often: number }> {
  return sql`SELECT count(*) > ${MAX_SORTED} AS often FROM (${found(pieces)} LIMIT ${MAX_SORTED + 1})`
}
