import { rollUpSql, SETTLED_AFTER_MS } from '../sql/roll-up.ts'
import type { PostgresConnection } from './connection.ts'
import { NOW, type StoreTime } from './statements.ts'

export type RollUpSql = ReturnType<typeof postgresRollUpSql>

export function postgresRollUpSql(schema: string) {
  const jobs = `"${schema}".backbeat_jobs`
  const cursor = `"${schema}".backbeat_stats_cursor`
  return {
    ...rollUpSql((index) => `$${index}::bigint`, { jobs, stats: `"${schema}".backbeat_stats`, cursor }),
    /** Whoever comes while another is at work leaves it to that one. */
    cursor: `
      SELECT until, ${NOW} AS now, EXISTS (
        SELECT FROM ${jobs} WHERE completed_at > until AND completed_at <= ${NOW} - ${SETTLED_AFTER_MS}
      ) AS more FROM ${cursor} WHERE id = 1 FOR UPDATE SKIP LOCKED`,
  }
}

/** Adds what came to rest to the tallies; answers whether there is more. */
export function rollUp(connection: PostgresConnection, sql: RollUpSql, time: StoreTime): Promise<boolean> {
  return connection.transaction(async (session) => {
    const { rows } = await session.run<{ until: number; now: number; more: boolean }>(sql.cursor, [time.parameter])
    const [cursor] = rows
    if (!cursor?.more) return false
    const latest = cursor.now - SETTLED_AFTER_MS
    const end = (await session.run<{ until: number }>(sql.batchEnd, [cursor.until, latest])).rows[0]
    const until = end?.until ?? latest
    await session.run(sql.tallyMinutes, [cursor.until, until])
    await session.run(sql.tallyHours, [cursor.until, until])
    await session.run(sql.tallyAll, [cursor.until, until])
    await session.run(sql.forget, [cursor.now])
    await session.run(sql.advance, [until])
    return end !== undefined
  })
}
