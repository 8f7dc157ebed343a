import { BackbeatError } from '../../errors.ts'
import { rowsOf, type Steps } from '../sql/steps.ts'
import { withStorableKeys } from '../sql/storable-keys.ts'
import { storableName, toJsonText } from '../sql/values.ts'
import type { Insertion, NewJob } from '../store.ts'
import { journal } from './journal-entries.ts'
import { TurnTaker } from './turns.ts'
import { holdForPeriod, jobInTheWay, letGo, makeWay } from './unique.ts'

const INSERT = `
  INSERT INTO backbeat_jobs (
    id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
    unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
    tenant, turn, input
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING
  RETURNING 1 AS inserted`

/** Stores jobs, but for those that meet another of their key. Runs inside a transaction. */
export function* insertJobs(jobs: readonly NewJob[], now: number): Steps<Insertion[]> {
  const turns = new TurnTaker()
  const insertions: Insertion[] = []
  const changed: string[] = []
  for (const job of jobs) insertions.push(yield* insertOne(withStorableKeys(job), turns, now, changed))
  yield* turns.save()
  yield* journal(changed)
  return insertions
}

/** @param changed is added to */
function* insertOne(job: NewJob, turns: TurnTaker, now: number, changed: string[]): Steps<Insertion> {
  const { id } = job
  if (job.uniqueKey !== null && job.replacesWaiting) changed.push(...(yield* makeWay(job.uniqueKey, id, now)))
  const holder = yield* holdForPeriod(job, now)
  if (holder !== null) return { id, inserted: false, activeJobId: holder }
  if (yield* insertRow(job, yield* turns.next(job), now)) {
    changed.push(id)
    return { id, inserted: true }
  }
  const activeJobId = yield* jobInTheWay(job)
  if (activeJobId !== null) {
    yield* letGo(job)
    return { id, inserted: false, activeJobId }
  }
  throw new BackbeatError(
    'duplicate_job_id',
    `A job with the id ${id} is stored already. Nothing was stored; give each job an id of its own.`,
    { status: 409 },
  )
}

function* insertRow(job: NewJob, turn: number, now: number): Steps<boolean> {
  const runAt = job.runAt ?? now + Math.round(job.delayMs ?? 0)
  const expiresAt = job.expiresAt ?? (job.expiresAfterMs === undefined ? null : runAt + Math.round(job.expiresAfterMs))
  const rows = yield* rowsOf(
    INSERT,
    job.id,
    runAt <= now ? 1 : 0,
    job.queue,
    job.priority,
    runAt,
    job.taskType,
    now,
    job.maxAttempts,
    job.maxRedeliveries,
    job.uniqueKey,
    job.retriedFromId,
    job.retryScope,
    storableName(job.triggeredBy),
    job.tags.length === 0 ? '[]' : JSON.stringify(job.tags.map(storableName)),
    job.totalItems,
    expiresAt,
    job.restrictions === null ? null : JSON.stringify(job.restrictions),
    job.tenant,
    turn,
    toJsonText(job.input) ?? 'null',
  )
  return rows.length === 1
}
