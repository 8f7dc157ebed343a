import { BackbeatError } from '../../errors.ts'
import { areAlike } from '../sql/alike.ts'
import { rowsOf, type SqlValue, type Steps } from '../sql/steps.ts'
import { withStorableKeys } from '../sql/storable-keys.ts'
import { storableName, toJsonText } from '../sql/values.ts'
import type { Insertion, NewJob } from '../store.ts'
import { journal } from './journal-entries.ts'
import { TurnTaker } from './turns.ts'
import { holdForPeriod, jobInTheWay, letGo, makeWay } from './unique.ts'

const INSERT = `
  INSERT INTO backbeat_jobs (
    id, input, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
    unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
    tenant, turn
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING
  RETURNING 1 AS inserted`

/** For jobs that differ only in their id and input. */
const INSERT_ALIKE = `
  INSERT INTO backbeat_jobs (
    id, input, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
    unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
    tenant, turn
  ) SELECT value ->> 0, value ->> 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM json_each(?) WHERE true
  ON CONFLICT DO NOTHING`
const INSERTED = 'SELECT changes() AS count'

/** Stores jobs, but for those that meet another of their key. Runs inside a transaction. */
export function* insertJobs(jobs: readonly NewJob[], now: number): Steps<Insertion[]> {
  if (areAlike(jobs)) return yield* insertAlike(jobs, now)
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
  throw duplicateId(`A job with the id ${id}`)
}

/** All in one statement: one for each job costs twice as much. */
function* insertAlike(jobs: readonly NewJob[], now: number): Steps<Insertion[]> {
  const ids = jobs.map(({ id }) => id)
  const rows = jobs.map(({ id, input }) => [id, toJsonText(input) ?? 'null'])
  yield* rowsOf(INSERT_ALIKE, ...sharedValues(withStorableKeys(jobs[0] as NewJob), 0, now), JSON.stringify(rows))
  const [inserted] = yield* rowsOf(INSERTED)
  if (inserted?.count !== jobs.length) throw duplicateId(`One of these ${jobs.length} jobs, by its id,`)
  yield* journal(ids)
  return ids.map((id) => ({ id, inserted: true }))
}

function duplicateId(which: string): BackbeatError {
  return new BackbeatError(
    'duplicate_job_id',
    `${which} is stored already. Nothing was stored; give each job an id of its own.`,
    { status: 409 },
  )
}

function* insertRow(job: NewJob, turn: number, now: number): Steps<boolean> {
  const rows = yield* rowsOf(INSERT, job.id, toJsonText(job.input) ?? 'null', ...sharedValues(job, turn, now))
  return rows.length === 1
}

/** All but the id and the input. */
function sharedValues(job: NewJob, turn: number, now: number): SqlValue[] {
  const runAt = job.runAt ?? now + Math.round(job.delayMs ?? 0)
  const expiresAt = job.expiresAt ?? (job.expiresAfterMs === undefined ? null : runAt + Math.round(job.expiresAfterMs))
  return [
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
  ]
}
