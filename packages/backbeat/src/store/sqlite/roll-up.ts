import { rollUpSql, SETTLED_AFTER_MS } from '../sql/roll-up.ts'
import type { SqliteConnection } from './connection.ts'

const SQL = rollUpSql((index) => `?${index}`, {
  jobs: 'backbeat_jobs',
  stats: 'backbeat_stats',
  cursor: 'backbeat_stats_cursor',
})
const CURSOR = 'SELECT until FROM backbeat_stats_cursor WHERE id = 1'
const ANY_LATER = 'SELECT 1 AS more FROM backbeat_jobs WHERE completed_at > ? AND completed_at <= ? LIMIT 1'

/** Adds what came to rest to the tallies; answers whether there is more. */
export function rollUp(connection: SqliteConnection, now: number): boolean {
  const latest = now - SETTLED_AFTER_MS
  const from = Number(connection.statement(CURSOR).get()?.until)
  // Nothing is written where there is nothing to add, so that idle processes do not wake one another.
  if (!connection.statement(ANY_LATER).get(from, latest)) return false
  return connection.write(() => {
    const after = Number(connection.statement(CURSOR).get()?.until)
    const end = connection.statement(SQL.batchEnd).get(after, latest)
    const until = end ? Number(end.until) : latest
    connection.statement(SQL.tallyMinutes).run(after, until)
    connection.statement(SQL.tallyHours).run(after, until)
    connection.statement(SQL.tallyAll).run(after, until)
    connection.statement(SQL.forget).run(now)
    connection.statement(SQL.advance).run(until)
    return end !== undefined
  })
}
