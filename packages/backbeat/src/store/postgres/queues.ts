import { BLOCKED, DELAYED, READY, RUNNING } from '../sql/job-sets.ts'
import type { QueueChange, QueueState } from '../store.ts'
import type { Session } from './connection.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

export type QueueSql = ReturnType<typeof queueSql>

export function queueSql({ jobs, queues }: TableNames) {
  // A time that was set stays when the same is asked for again.
  const since = (column: string, wanted: string) => `${column} = CASE
    WHEN ${wanted}::boolean IS NULL THEN queue.${column}
    WHEN ${wanted} THEN coalesce(queue.${column}, ${NOW}) END`
  return {
    list: `
      SELECT name, settings.paused_at, settings.draining_since, settings.concurrency,
        coalesce(counts.waiting, 0) AS waiting, coalesce(counts.running, 0) AS running
      FROM ${queues} AS settings FULL JOIN (
        SELECT queue AS name, sum(waiting)::bigint AS waiting, sum(running)::bigint AS running FROM (
          SELECT queue, count(*) AS waiting, 0 AS running FROM ${jobs} WHERE ${READY} GROUP BY queue
          UNION ALL SELECT queue, 1, 0 FROM ${jobs} WHERE ${DELAYED}
          UNION ALL SELECT queue, 1, 0 FROM ${jobs} WHERE ${BLOCKED}
          UNION ALL SELECT queue, 0, 1 FROM ${jobs} WHERE ${RUNNING}
        ) AS active GROUP BY queue
      ) AS counts USING (name)
      ORDER BY name`,

    /** Parameters: the time, name, paused, draining, whether the concurrency changes, concurrency. */
    change: `
      INSERT INTO ${queues} AS queue (name, paused_at, draining_since, concurrency)
      VALUES ($2, CASE WHEN $3::boolean THEN ${NOW} END, CASE WHEN $4::boolean THEN ${NOW} END, $6::bigint)
      ON CONFLICT (name) DO UPDATE SET
        ${since('paused_at', '$3')}, ${since('draining_since', '$4')},
        concurrency = CASE WHEN $5::boolean THEN $6 ELSE queue.concurrency END`,
  }
}

export async function listQueues(session: Session, sql: QueueSql): Promise<QueueState[]> {
  const { rows } = await session.run<QueueRow>(sql.list)
  return rows.map((row) => ({
    name: row.name,
    pausedAt: row.paused_at,
    drainingSince: row.draining_since,
    concurrency: row.concurrency,
    waiting: row.waiting,
    running: row.running,
  }))
}

export async function changeQueue(
  session: Session,
  sql: QueueSql,
  time: StoreTime,
  name: string,
  { paused, draining, concurrency }: QueueChange,
): Promise<void> {
  await session.run(sql.change, [
    time.parameter,
    name,
    paused ?? null,
    draining ?? null,
    concurrency !== undefined,
    concurrency ?? null,
  ])
}

interface QueueRow {
  name: string
  paused_at: number | null
  draining_since: number | null
  concurrency: number | null
  waiting: number
  running: number
}
