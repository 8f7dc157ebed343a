import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely'
import type { SqlDialect } from '../sql/dialect.ts'
import { SEARCHABLE } from '../sql/job-sets.ts'
import { trigramsOf } from '../sql/search-terms.ts'
import type { Tables } from '../sql/tables.ts'
import { bulkClaimTable } from './bulk-claims.ts'
import type { PostgresConnection } from './connection.ts'
import { FIRST_MARK, JOURNAL_TABLE } from './journal.ts'
import { searchIndex } from './search-index.ts'
import { nowOr, type StoreTime } from './statements.ts'

/** Queries that people read, each on a connection of the pool and in a transaction of its own. */
export function kyselyOver(connection: PostgresConnection): Kysely<Tables> {
  const pool = {
    options: {},
    connect: async () => ({
      query: (text: string, parameters: readonly unknown[]) => connection.run(text, parameters),
      release() {},
    }),
    end: async () => {},
  }
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
  return kysely.withSchema(connection.location.schema)
}

/** The store's time in a query that is built. */
export function nowOf({ parameter }: StoreTime): RawBuilder<number> {
  return parameter === null ? sql.raw(nowOr('NULL')) : sql.val(parameter)
}

/**
 * Whole numbers are all `bigint`: the columns are read as what the other databases give. JSON is
 * `text`, because `json` and `jsonb` refuse or change some of what is valid JSON.
 */
export function postgresDialect(schema: string): SqlDialect {
  return {
    unordered: (column) => sql<string>`(${column}::text COLLATE "C")`,
    mentions: async (pieces) => {
      const searchable = sql.ref(`${schema}.backbeat_searchable`)
      return sql<boolean>`${sql.raw(SEARCHABLE)} AND ${searchable}(error_message, tags) @> ${trigramsOf(pieces)}::text[]`
    },
    words: {
      id: 'uuid',
      jobKey: 'id uuid PRIMARY KEY NOT NULL',
      searchIndex: searchIndex(schema),
      text: 'text COLLATE "C"',
      integer: 'bigint',
      // Half of a job's row are such numbers, and each of its versions is written to the log.
      count: 'integer',
      small: 'smallint',
      highestFirst: (column) => `(-${column})`,
      risingKey: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
      keyedTable: '',
      // Room on each page for the next version of a row, and a vacuum and statistics that come by
      // before a busy day's queue has left a long trail of dead rows.
      hotTable: ` WITH (
        fillfactor = 85,
        autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000,
        autovacuum_vacuum_cost_delay = 1
      )`,
      journalTable: JOURNAL_TABLE,
      bulkClaimTable: bulkClaimTable(schema),
      firstMark: FIRST_MARK,
    },
    contains: (column, text) => {
      // No column holds such a text, and a parameter cannot.
      if (text.includes('\0') || !text.isWellFormed()) return sql<boolean>`false`
      const lower = text.toLowerCase()
      // lower() of a "C" text knows ASCII only, and is many times faster.
      const fold = /^[\0-\x7f]*$/.test(lower) ? sql.ref('lower') : sql.ref(`${schema}.backbeat_lower`)
      return sql<boolean>`strpos(${fold}(${column}::text COLLATE "C"), ${lower}) > 0`
    },
    entriesOf: (column) => sql<{ value: string }>`json_array_elements_text(${column}::json)`,
  }
}
