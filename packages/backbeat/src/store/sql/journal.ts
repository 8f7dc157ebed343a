/** Changes are kept at least this long, in milliseconds, for those who come back for them. */
export const CHANGE_RETENTION_MS = 15 * 60_000

/** How often it is noted how far the journal had come, in milliseconds; entries are forgotten up to such a mark. */
export const MARK_GAP_MS = 60_000

/** An entry of more jobs is split: so many take 1.6 kB as binary ids, and stay in their row. */
export const JOBS_PER_ENTRY = 100

/**
 * The journal of changes, written by the write that changed the jobs and committed with it, and the
 * marks. Invariant: whatever came after the oldest mark is in the journal.
 */
export function journalTables(words: {
  text: string
  integer: string
  journalTable: readonly string[]
  firstMark: string
}): string[] {
  return [
    ...words.journalTable,
    `CREATE TABLE backbeat_change_marks (at ${words.integer} PRIMARY KEY NOT NULL, position ${words.text} NOT NULL)`,
    `INSERT INTO backbeat_change_marks (at, position) VALUES (0, ${words.firstMark})`,
  ]
}
