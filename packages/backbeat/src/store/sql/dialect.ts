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
  /** An expression for a position in the journal before its first entry. */
  firstMark: string
}

/** What queries need that SQL databases spell differently. */
export interface SqlDialect {
  words: SchemaWords
  /** Whether the database takes any index that has the order of a query, however far it has to walk along it. */
  followsAnyOrder: boolean
  /** Whether a column contains a text, whatever the letter case; no character is special. */
  contains(column: Expression<string | null>, text: string): RawBuilder<boolean>
  /** A table of one text column, `value`: the entries of a JSON list of texts. */
  entriesOf(column: Expression<string>): RawBuilder<{ value: string }>
}
