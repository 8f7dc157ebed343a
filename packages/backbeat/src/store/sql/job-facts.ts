import { type Expression, type Kysely, sql } from 'kysely'
import type { Restrictions } from '../../job/admission.ts'
import type { Count, JobFacts, SlotHolder } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { READY, RUNNING } from './job-sets.ts'
import { SUMMARY_COLUMNS, summaryOf } from './records.ts'
import type { JobsTable, Tables } from './tables.ts'

/** Further ones are not counted, so that a long queue does not make the answer slow. */
const AHEAD_LIMIT = 1000
const HOLDER_LIMIT = 10

type Row = Pick<
  JobsTable,
  (typeof SUMMARY_COLUMNS)[number] | 'restrictions' | 'start_reserved' | 'lease_expires_at' | 'turn'
>

/** Everything that decides why a job waits, runs or rests. */
export async function readFacts(
  db: Kysely<Tables>,
  { words }: SqlDialect,
  id: string,
  now: number | Expression<number>,
): Promise<JobFacts | undefined> {
  const row = await db
    .selectFrom('backbeat_jobs')
    .select([...SUMMARY_COLUMNS, 'restrictions', 'start_reserved', 'lease_expires_at', 'turn'])
    .select(sql<number>`CAST(${now} AS bigint)`.as('now'))
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    job: summaryOf(row),
    now: Number(row.now),
    restrictions: row.restrictions === null ? null : (JSON.parse(row.restrictions) as Restrictions),
    startReserved: row.start_reserved === 1,
    leaseExpiresAt: row.lease_expires_at,
    queue: await queueOf(db, row.queue),
    ahead: await jobsAhead(db, words.highestFirst('priority'), row, Number(row.now)),
    holders: row.blocked_by === null ? [] : await holdersOf(db, row.blocked_by),
  }
}

async function queueOf(db: Kysely<Tables>, queue: string): Promise<JobFacts['queue']> {
  const settings = await db.selectFrom('backbeat_queues').selectAll().where('name', '=', queue).executeTakeFirst()
  const { running } = await db
    .selectFrom('backbeat_jobs')
    .where(sql<boolean>`${sql.raw(RUNNING)}`)
    .where('queue', '=', queue)
    .select((job) => job.fn.countAll<number>().as('running'))
    .executeTakeFirstOrThrow()
  return {
    pausedAt: settings?.paused_at ?? null,
    drainingSince: settings?.draining_since ?? null,
    concurrency: settings?.concurrency ?? null,
    running: Number(running),
  }
}

/** Jobs that are claimed before it: the first of the queue, in the order of the index that claims walk. */
async function jobsAhead(db: Kysely<Tables>, highestFirst: string, row: Row, now: number): Promise<Count> {
  const waits = row.status === 'pending' || row.status === 'retrying'
  if (!waits || row.blocked_by !== null || row.run_at > now) return { value: 0, isExact: true }
  const first = await db
    .selectFrom('backbeat_jobs')
    .select(['id', 'priority', 'turn', 'run_at'])
    .where(sql<boolean>`${sql.raw(READY)}`)
    .where('queue', '=', row.queue)
    .orderBy(sql`${sql.raw(highestFirst)}`)
    .orderBy('turn')
    .orderBy('run_at')
    .orderBy('id')
    .limit(AHEAD_LIMIT + 1)
    .execute()
  const value = first.filter((other) => comesBefore(other, row)).length
  return value > AHEAD_LIMIT ? { value: AHEAD_LIMIT, isExact: false } : { value, isExact: true }
}

type Place = Pick<JobsTable, 'id' | 'priority' | 'turn' | 'run_at'>

function comesBefore(a: Place, b: Place): boolean {
  const order = b.priority - a.priority || a.turn - b.turn || a.run_at - b.run_at
  return order === 0 ? a.id < b.id : order < 0
}

async function holdersOf(db: Kysely<Tables>, key: string): Promise<SlotHolder[]> {
  const slots = await db
    .selectFrom('backbeat_slots')
    .select('job_id')
    .where('key', '=', key)
    .limit(HOLDER_LIMIT)
    .execute()
  if (slots.length === 0) return []
  const rows = await db
    .selectFrom('backbeat_jobs')
    .select(['id', 'task_type', 'triggered_by', 'worker', 'attempt_started_at'])
    .where(
      'id',
      'in',
      slots.map(({ job_id }) => job_id),
    )
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    jobId: row.id,
    taskType: row.task_type,
    triggeredBy: row.triggered_by,
    worker: row.worker,
    startedAt: row.attempt_started_at,
  }))
}
