import type { Expression, RawBuilder } from 'kysely'

/** Words of a database's schema language that differ from one database to the next. */
export interface SchemaWords {
  /** A job's id, a UUID, ordered as its text is. */
  id: string
  /** Text that compares by code point, so that ids and cursors have one order everywhere. */
  text: string
  /** A whole number of at least 53 bits, such as a time. */
  integer: string
  /** A whole number of at least 31 bits, such as a count. */
  count: string
  /** A whole number of at least 15 bits. */
  small: string
  /** A column of an index, in descending order. */
  highestFirst(column: string): string
  /** A primary key that rises by itself. */
  risingKey: string
  /** Follows a table whose rows live in its primary key. */
  keyedTable: string
  /** Follows the table whose rows are rewritten several times each, and that is claimed from. */
  hotTable: string
  /** Creates `backbeat_changes`; databases differ in how one write is told from the next. */
  journalTable: readonly string[]
  /** Creates what claims of many jobs are recorded in, where that is not in the jobs' rows. */
  bulkClaimTable: readonly string[]
  /** The first column or columns of the jobs' table. */
  jobKey: string
  /** Creates what {@link SqlDialect.mentions} asks, and keeps it as it is written: by whoever writes, in the same transaction. */
  searchIndex: readonly string[]
  /** An expression for a position in the journal before its first entry. */
  firstMark: string
}

export type Ask = <Row>(query: RawBuilder<Row>) => Promise<Row[]>

/** What queries need that SQL databases spell differently. */
export interface SqlDialect {
  words: SchemaWords
  /** Whether a column contains a text, whatever the letter case; no character is special. */
  contains(column: Expression<string | null>, text: string): RawBuilder<boolean>
  /** A column to sort by that no index has in order, so that what is sorted is found in another way. */
  unordered(column: Expression<string>): RawBuilder<string>
  /**
   * The condition that the search index has each of the pieces for a job that is over, in any letter case.
   * It may hold for jobs that do not have them. `undefined` where it holds for so many that going through
   * them takes long, and cannot be given up.
   *
   * @param ask answers a query
   */
  mentions(pieces: readonly string[], ask: Ask): Promise<RawBuilder<boolean> | undefined>
  /** A table of one text column, `value`: the entries of a JSON list of texts. */
  entriesOf(column: Expression<string>): RawBuilder<{ value: string }>
}
