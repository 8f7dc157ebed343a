import { BLOCKED, DELAYED, READY, RUNNING } from '../sql/job-sets.ts'
import type { QueueChange, QueueSettings, QueueState } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

const SETTINGS = `SELECT name, paused_at, draining_since, concurrency FROM backbeat_queues`

const COUNTS = `
  SELECT queue AS name, sum(waiting) AS waiting, sum(running) AS running FROM (
    SELECT queue, count(*) AS waiting, 0 AS running
    FROM backbeat_jobs INDEXED BY backbeat_jobs_ready WHERE ${READY} GROUP BY queue
    UNION ALL SELECT queue, 1, 0 FROM backbeat_jobs INDEXED BY backbeat_jobs_due WHERE ${DELAYED}
    UNION ALL SELECT queue, 1, 0 FROM backbeat_jobs INDEXED BY backbeat_jobs_blocked WHERE ${BLOCKED}
    UNION ALL SELECT queue, 0, 1 FROM backbeat_jobs INDEXED BY backbeat_jobs_running WHERE ${RUNNING}
  ) GROUP BY queue`

const RUNNING_IN = `
  SELECT count(*) AS running FROM backbeat_jobs INDEXED BY backbeat_jobs_running WHERE ${RUNNING} AND queue = ?`

const CHANGE = `
  INSERT INTO backbeat_queues (name, paused_at, draining_since, concurrency) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (name) DO UPDATE SET paused_at = ?2, draining_since = ?3, concurrency = ?4`

const OPEN: QueueSettings = { pausedAt: null, drainingSince: null, concurrency: null }

/** The queues that operators have set something for. */
export function queueSettings(connection: SqliteConnection): Map<string, QueueSettings> {
  const rows = connection.statement(SETTINGS).all()
  return new Map(
    rows.map((row) => [
      String(row.name),
      {
        pausedAt: row.paused_at as number | null,
        drainingSince: row.draining_since as number | null,
        concurrency: row.concurrency as number | null,
      },
    ]),
  )
}

/** How many jobs of a queue run. Few jobs run at any time, so walking them needs no index that every claim would pay for. */
export function runningIn(connection: SqliteConnection, queue: string): number {
  return Number(connection.statement(RUNNING_IN).get(queue)?.running)
}

export function listQueues(connection: SqliteConnection): QueueState[] {
  const settings = queueSettings(connection)
  const counts = new Map(
    connection
      .statement(COUNTS)
      .all()
      .map((row) => [String(row.name), row]),
  )
  const names = [...new Set([...settings.keys(), ...counts.keys()])].sort()
  return names.map((name) => ({
    name,
    ...(settings.get(name) ?? OPEN),
    waiting: Number(counts.get(name)?.waiting ?? 0),
    running: Number(counts.get(name)?.running ?? 0),
  }))
}

/** Called inside a transaction. A time that was set stays when the same is asked for again. */
export function changeQueue(connection: SqliteConnection, name: string, change: QueueChange, now: number): void {
  const known = queueSettings(connection).get(name) ?? OPEN
  const since = (wanted: boolean | undefined, at: number | null) => {
    if (wanted === undefined) return at
    return wanted ? (at ?? now) : null
  }
  connection
    .statement(CHANGE)
    .run(
      name,
      since(change.paused, known.pausedAt),
      since(change.draining, known.drainingSince),
      change.concurrency === undefined ? known.concurrency : change.concurrency,
    )
}
