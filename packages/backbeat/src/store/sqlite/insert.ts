import { BackbeatError } from '../../errors.ts'
import { storableKey, storableName, toJsonText } from '../sql/values.ts'
import type { Insertion, NewJob } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

const INSERT = `
  INSERT INTO backbeat_jobs (
    id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
    unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, input
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`

const ACTIVE_OF_KEY = `
  SELECT id FROM backbeat_jobs
  WHERE unique_key IS NOT NULL AND status IN ('pending', 'running', 'retrying') AND unique_key = ?`

const ACTIVE_RETRY = `
  SELECT id FROM backbeat_jobs
  WHERE retried_from_id IS NOT NULL AND status IN ('pending', 'running', 'retrying') AND retried_from_id = ?`

/** Stores jobs, but for those that meet an active one. Called inside a transaction. */
export function insertJobs(connection: SqliteConnection, jobs: readonly NewJob[], now: number): Insertion[] {
  const insert = connection.statement(INSERT)
  return jobs.map((job): Insertion => {
    const uniqueKey = job.uniqueKey === null ? null : storableKey(job.uniqueKey)
    const runAt = job.runAt ?? now
    const { changes } = insert.run(
      job.id,
      runAt <= now ? 1 : 0,
      job.queue,
      job.priority,
      runAt,
      job.taskType,
      now,
      job.maxAttempts,
      job.maxRedeliveries,
      uniqueKey,
      job.retriedFromId,
      job.retryScope,
      storableName(job.triggeredBy),
      job.tags.length === 0 ? '[]' : JSON.stringify(job.tags.map(storableName)),
      job.totalItems,
      toJsonText(job.input) ?? 'null',
    )
    if (changes === 1) return { id: job.id, inserted: true }
    return { id: job.id, inserted: false, activeJobId: activeJobInTheWay(connection, job, uniqueKey) }
  })
}

function activeJobInTheWay(connection: SqliteConnection, job: NewJob, uniqueKey: string | null): string {
  const active =
    (uniqueKey !== null && connection.statement(ACTIVE_OF_KEY).get(uniqueKey)) ||
    (job.retriedFromId !== null && connection.statement(ACTIVE_RETRY).get(job.retriedFromId))
  if (active) return String(active.id)
  throw new BackbeatError(
    'duplicate_job_id',
    `A job with the id ${job.id} is stored already. Nothing was stored; give each job an id of its own.`,
    { status: 409 },
  )
}
