import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely'
import type { SqlDialect } from '../sql/dialect.ts'
import type { Tables } from '../sql/tables.ts'
import { BULK_CLAIM_TABLE } from './bulk-claims.ts'
import { FIRST_MARK, JOURNAL_TABLE } from './journal.ts'
import { mentions, SEARCH_INDEX } from './search-index.ts'

/** Queries that people read, over the connection that everything else uses too. */
export function kyselyOver(database: DatabaseSync): Kysely<Tables> {
  database.function('backbeat_lower', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  )
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: asExpected(database) }) })
}

export const sqliteDialect: SqlDialect = {
  unordered: (column) => sql<string>`+${column}`,
  mentions,
  words: {
    id: 'TEXT',
    // Named, because the search index finds rows by it: a number that is not may change with a VACUUM.
    jobKey: 'rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE',
    searchIndex: SEARCH_INDEX,
    text: 'TEXT',
    integer: 'INTEGER',
    count: 'INTEGER',
    small: 'INTEGER',
    highestFirst: (column) => `${column} DESC`,
    risingKey: 'INTEGER PRIMARY KEY',
    keyedTable: ' WITHOUT ROWID',
    hotTable: '',
    journalTable: JOURNAL_TABLE,
    bulkClaimTable: BULK_CLAIM_TABLE,
    firstMark: FIRST_MARK,
  },
  contains: (column, text) => {
    const lower = text.toLowerCase()
    // SQLite's own lower() knows ASCII only, and is many times faster.
    const fold = /^[\0-\x7f]*$/.test(lower) ? sql.raw('lower') : sql.raw('backbeat_lower')
    return sql<boolean>`instr(${fold}(${column}), ${lower}) > 0`
  },
  entriesOf: (column) => sql<{ value: string }>`json_each(${column})`,
}

/** Kysely's dialect is made for better-sqlite3, whose statements take their parameters as a list. */
function asExpected(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (text) => statementAsExpected(database.prepare(text)),
  }
}

function statementAsExpected(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
