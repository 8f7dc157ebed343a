import type { PostgresConnection } from './connection.ts'
import { isTimeout } from './errors.ts'

/** What a query answers, unless it takes longer than that. */
export async function rowsWithin<Row>(
  connection: PostgresConnection,
  { sql, parameters }: { sql: string; parameters: readonly unknown[] },
  ms: number,
): Promise<Row[] | undefined> {
  try {
    return await connection.transaction(async (session) => {
      await session.run(`SET LOCAL statement_timeout = ${ms}`)
      return (await session.run<Row>(sql, parameters)).rows
    })
  } catch (error) {
    if (isTimeout(error)) return undefined
    throw error
  }
}
