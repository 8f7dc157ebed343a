import { BackbeatError } from '../../errors.ts'
import { areAlike } from '../sql/alike.ts'
import { rowsOf, type SqlValue, type Steps } from '../sql/steps.ts'
import { withStorableKeys } from '../sql/storable-keys.ts'
import { storableName, toJsonText } from '../sql/values.ts'
import type { ClaimRequest, Insertion, NewJob } from '../store.ts'
import { journal } from './journal-entries.ts'
import { TurnTaker } from './turns.ts'
import { holdForPeriod, jobInTheWay, letGo, makeWay } from './unique.ts'

const COLUMNS = [
  'ready',
  'queue',
  'priority',
  'run_at',
  'task_type',
  'created_at',
  'max_attempts',
  'max_redeliveries',
  'unique_key',
  'retried_from_id',
  'retry_scope',
  'triggered_by',
  'tags',
  'total_items',
  'expires_at',
  'restrictions',
  'tenant',
  'turn',
]
const CLAIMED = [
  'status',
  'delivery',
  'attempt',
  'worker',
  'started_at',
  'attempt_started_at',
  'heartbeat_at',
  'lease_expires_at',
]

const WAITING_SQL = insertSql(COLUMNS)
const CLAIMED_SQL = insertSql([...COLUMNS, ...CLAIMED])

/** @param columns besides the id and the input */
function insertSql(columns: readonly string[]) {
  const into = `INSERT INTO backbeat_jobs (id, input, ${columns.join()})`
  const values = columns.map(() => '?').join()
  return {
    one: `${into} VALUES (?, ?, ${values}) ON CONFLICT DO NOTHING RETURNING 1 AS inserted`,
    /** For jobs that differ only in their id and input. */
    alike: `${into} SELECT value ->> 0, value ->> 1, ${values} FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
  }
}

const INSERTED = 'SELECT changes() AS count'

/** Queues whose jobs are not simply claimed. */
const GUARDED = `
  SELECT name FROM backbeat_queues
  WHERE paused_at IS NOT NULL OR draining_since IS NOT NULL OR concurrency IS NOT NULL`

/** Stores jobs, but for those that meet another of their key. Runs inside a transaction. */
export function* insertJobs(jobs: readonly NewJob[], now: number): Steps<Insertion[]> {
  if (areAlike(jobs)) {
    yield* insertAlike(jobs, WAITING_SQL.alike, (job) => waitingValues(job, 0, now))
    return jobs.map(({ id }) => ({ id, inserted: true }))
  }
  const turns = new TurnTaker()
  const insertions: Insertion[] = []
  const changed: string[] = []
  for (const job of jobs) insertions.push(yield* insertOne(withStorableKeys(job), turns, now, changed))
  yield* turns.save()
  yield* journal(changed)
  return insertions
}

/**
 * Stores jobs that meet no other, those whose queue lets it as claimed already. Runs inside a transaction.
 *
 * @returns those that are claimed
 */
export function* insertClaimedJobs(
  jobs: readonly NewJob[],
  claim: Pick<ClaimRequest, 'worker' | 'leaseMs'>,
  now: number,
): Steps<NewJob[]> {
  const guarded = new Set((yield* rowsOf(GUARDED)).map(({ name }) => name))
  const waiting = jobs.filter(({ queue }) => guarded.has(queue))
  if (waiting.length > 0) yield* insertJobs(waiting, now)
  const claimed = jobs.filter(({ queue }) => !guarded.has(queue))
  const values = (job: NewJob) => claimedValues(job, claim, now)
  if (areAlike(claimed)) {
    yield* insertAlike(claimed, CLAIMED_SQL.alike, values)
    return claimed
  }
  for (const job of claimed) {
    if (!(yield* insertRow(job, CLAIMED_SQL.one, values))) throw duplicateId(`A job with the id ${job.id}`)
  }
  yield* journal(claimed.map(({ id }) => id))
  return claimed
}

/** @param changed is added to */
function* insertOne(job: NewJob, turns: TurnTaker, now: number, changed: string[]): Steps<Insertion> {
  const { id } = job
  if (job.uniqueKey !== null && job.replacesWaiting) changed.push(...(yield* makeWay(job.uniqueKey, id, now)))
  const holder = yield* holdForPeriod(job, now)
  if (holder !== null) return { id, inserted: false, activeJobId: holder }
  const turn = yield* turns.next(job)
  if (yield* insertRow(job, WAITING_SQL.one, () => waitingValues(job, turn, now))) {
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
function* insertAlike(jobs: readonly NewJob[], sql: string, valuesOf: ValuesOf): Steps<void> {
  const rows = jobs.map(({ id, input }) => [id, toJsonText(input) ?? 'null'])
  yield* rowsOf(sql, ...valuesOf(withStorableKeys(jobs[0] as NewJob)), JSON.stringify(rows))
  const [inserted] = yield* rowsOf(INSERTED)
  if (inserted?.count !== jobs.length) throw duplicateId(`One of these ${jobs.length} jobs, by its id,`)
  yield* journal(jobs.map(({ id }) => id))
}

/** Whether it was stored. */
function* insertRow(job: NewJob, sql: string, valuesOf: ValuesOf): Steps<boolean> {
  const rows = yield* rowsOf(sql, job.id, toJsonText(job.input) ?? 'null', ...valuesOf(job))
  return rows.length === 1
}

function duplicateId(which: string): BackbeatError {
  return new BackbeatError(
    'duplicate_job_id',
    `${which} is stored already. Nothing was stored; give each job an id of its own.`,
    { status: 409 },
  )
}

/** What a job's columns hold, but for its id and its input. */
type ValuesOf = (job: NewJob) => SqlValue[]

function waitingValues(job: NewJob, turn: number, now: number): SqlValue[] {
  const runAt = job.runAt ?? now + Math.round(job.delayMs ?? 0)
  return [runAt <= now ? 1 : 0, ...sharedValues(job, runAt, turn, now)]
}

function claimedValues(
  job: NewJob,
  { worker, leaseMs }: Pick<ClaimRequest, 'worker' | 'leaseMs'>,
  now: number,
): SqlValue[] {
  return [0, ...sharedValues(job, now, 0, now), 'running', 1, 1, worker, now, now, now, now + leaseMs]
}

function sharedValues(job: NewJob, runAt: number, turn: number, now: number): SqlValue[] {
  const expiresAt = job.expiresAt ?? (job.expiresAfterMs === undefined ? null : runAt + Math.round(job.expiresAfterMs))
  return [
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
