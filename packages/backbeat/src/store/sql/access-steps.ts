import { type Compilable, type Expression, type RawBuilder, sql } from 'kysely'
import type { SqlRow, SqlValue, Steps } from './steps.ts'

/** A time in milliseconds since 1970, or what the database reads it from. */
export type Now = number | Expression<number>

/** Runs a query and answers its rows. */
export function* rowsOf<Row>(query: Compilable<Row>): Steps<Row[]> {
  const compiled = query.compile()
  const rows: SqlRow[] = yield { sql: compiled.sql, parameters: compiled.parameters as readonly SqlValue[] }
  return rows as Row[]
}

export function* firstOf<Row>(query: Compilable<Row>): Steps<Row | undefined> {
  const [row] = yield* rowsOf(query)
  return row
}

/** The time so far from now. */
export function later(now: Now, ms: number): RawBuilder<number> {
  return sql<number>`(CAST(${now} AS bigint) + CAST(${ms} AS bigint))`
}
