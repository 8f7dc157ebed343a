import { type Expression, type Kysely, sql } from 'kysely'
import type { Status } from '../../job/states.ts'
import type {
  Count,
  InsightRecords,
  JobFacts,
  LaneCount,
  QueueTally,
  RecentRun,
  Tally,
  TallyRequest,
} from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { readFacts } from './job-facts.ts'
import { BLOCKED, DELAYED, partsOf, READY, RESTING, RUNNING } from './job-sets.ts'
import { ALL_TIME, HOUR_MS, MINUTE_MS } from './stats-tables.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'

/** Counted one by one up to here. */
const COUNT_LIMIT = 10_000
/** Completed jobs are counted one by one while no more than so many jobs rest. */
const COMPLETED_LIMIT = 50_000
/** So much of what is not yet tallied is counted one by one; the rest appears with the next tallies. */
const UNTALLIED_LIMIT = 20_000
const RESTING_STATUSES = [
  'completed',
  'completed_with_warnings',
  'failed',
  'stuck',
  'cancelled',
] as const satisfies Status[]

/** What the two databases do each in their own way. */
export interface InsightParts {
  db: Kysely<Tables>
  dialect: SqlDialect
  /** Runs a question under the store's own care: its time, its patience, its words for what goes wrong. */
  run<Result>(work: (now: number | Expression<number>) => Promise<Result>): Promise<Result>
  rollUp(): Promise<boolean>
  /** Whether a text can be a job's id in this database. */
  isId(text: string): boolean
}

/** The questions about many jobs, put the same way to every SQL database. */
export class SqlInsights implements InsightRecords {
  readonly #parts: InsightParts

  constructor(parts: InsightParts) {
    this.#parts = parts
  }

  lanes(): Promise<LaneCount[]> {
    return this.#parts.run(async (now) => {
      const lanes: LaneCount[] = []
      // One walk for each part of what is active: none of them comes across history.
      for (const part of [READY, DELAYED, BLOCKED, RUNNING]) lanes.push(...(await this.#lanesOf(part, now)))
      return mergedLanes(lanes)
    })
  }

  countResting(): Promise<Map<Status, Count>> {
    return this.#parts.run(async () => {
      const tallied = await this.#tallied()
      const counts = new Map<Status, Count>()
      for (const status of RESTING_STATUSES) counts.set(status, await this.#countOf(status, tallied))
      return counts
    })
  }

  rollUp(): Promise<boolean> {
    return this.#parts.rollUp()
  }

  tallies({ from, bucketMs }: TallyRequest): Promise<Tally[]> {
    const span = bucketMs % HOUR_MS === 0 ? HOUR_MS : MINUTE_MS
    const startOf = sql<number>`ended.at - ended.at % ${sql.lit(bucketMs)}`
    return this.#parts.run(async () => {
      const rows = await this.#parts.db
        .selectFrom(this.#ended(span, from - (from % bucketMs)).as('ended'))
        .select([startOf.as('begin'), 'task_type', 'status', sql<number>`sum(count)`.as('count')])
        .groupBy(['begin', 'task_type', 'status'])
        .orderBy('begin')
        .orderBy('task_type')
        .orderBy('status')
        .execute()
      return rows.map((row) => ({
        at: Number(row.begin),
        taskType: row.task_type,
        status: row.status as Status,
        count: Number(row.count),
      }))
    })
  }

  queueTallies(from: number): Promise<QueueTally[]> {
    return this.#parts.run(async () => {
      const rows = await this.#parts.db
        .selectFrom(this.#ended(MINUTE_MS, from - (from % MINUTE_MS)).as('ended'))
        .select(['queue', 'status', sql<number>`sum(count)`.as('count')])
        .groupBy(['queue', 'status'])
        .orderBy('queue')
        .orderBy('status')
        .execute()
      return rows.map(({ queue, status, count }) => ({ queue, status: status as Status, count: Number(count) }))
    })
  }

  totals(): Promise<Tally[]> {
    return this.#parts.run(async () => {
      const rows = await this.#parts.db
        .selectFrom('backbeat_stats')
        .selectAll()
        .where('span', '=', ALL_TIME)
        .orderBy('task_type')
        .orderBy('status')
        .execute()
      return rows.map(({ at, task_type, status, count }) => ({ at, taskType: task_type, status, count }))
    })
  }

  recentRuns(taskTypes: readonly string[], limit: number): Promise<RecentRun[]> {
    const { db } = this.#parts
    return this.#parts.run(async () => {
      const newestOf = (taskType: string) =>
        db.selectFrom((from) =>
          from
            .selectFrom('backbeat_jobs')
            .select('id')
            .where('task_type', '=', storableName(taskType))
            .where(sql<boolean>`${sql.raw(RESTING)}`)
            .orderBy('id', 'desc')
            .limit(limit)
            .as('newest'),
        )
      const lastOfAll = await db
        .selectFrom('backbeat_jobs')
        .select('id')
        .where('completed_at', 'is not', null)
        .orderBy('completed_at', 'desc')
        .limit(limit)
        .execute()
      const ids = new Set(lastOfAll.map(({ id }) => id))
      for (const taskType of taskTypes) {
        for (const { id } of await newestOf(taskType).select('newest.id').execute()) ids.add(id)
      }
      const runs: RecentRun[] = []
      for (const chunk of chunksOf([...ids], 500)) runs.push(...(await this.#runsOf(chunk)))
      return runs
    })
  }

  retriesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const known = ids.filter((id) => this.#parts.isId(id))
    if (known.length === 0) return Promise.resolve(new Map())
    return this.#parts.run(async () => {
      const rows = await this.#parts.db
        .selectFrom('backbeat_jobs')
        .select(['id', 'retried_from_id'])
        .where('retried_from_id', 'in', known)
        .orderBy('id')
        .execute()
      return new Map(rows.map(({ id, retried_from_id }) => [String(retried_from_id), id]))
    })
  }

  async facts(id: string): Promise<JobFacts | undefined> {
    if (!this.#parts.isId(id)) return undefined
    return this.#parts.run((now) => readFacts(this.#parts.db, this.#parts.dialect, id, now))
  }

  async #lanesOf(part: string, now: number | Expression<number>): Promise<LaneCount[]> {
    const isDue = part === READY || part === DELAYED ? sql`run_at <= ${now}` : sql`1 = 0`
    const rows = await this.#parts.db
      .selectFrom('backbeat_jobs')
      .where(sql<boolean>`${sql.raw(part)}`)
      .groupBy(['queue', 'status'])
      .select(['queue', 'status'])
      .select((job) => [
        job.fn.countAll<number>().as('count'),
        sql<number>`count(CASE WHEN ${isDue} THEN 1 END)`.as('due'),
        sql<number | null>`min(CASE WHEN ${isDue} THEN run_at END)`.as('oldest_due_at'),
      ])
      .execute()
    return rows.map(({ queue, status, count, due, oldest_due_at }) => ({
      queue,
      status: status as LaneCount['status'],
      count: Number(count),
      due: Number(due),
      oldestDueAt: oldest_due_at,
    }))
  }

  /** What was tallied stands for what cannot be counted quickly. */
  async #countOf(status: Status, tallied: Map<Status, number>): Promise<Count> {
    const all = tallied.values().reduce((sum, count) => sum + count, 0)
    // Completed jobs have no index of their own, and may be few among many that were cancelled.
    if (status === 'completed' && all > COMPLETED_LIMIT) return { value: tallied.get(status) ?? 0, isExact: false }
    const [part] = partsOf([status], status === 'completed')
    if (!part) throw new Error(`No part of the jobs is ${status}`)
    const { count } = await this.#parts.db
      .selectFrom((from) =>
        from
          .selectFrom('backbeat_jobs')
          .select('id')
          .where(sql<boolean>`${sql.raw(part.condition)}`)
          .limit(COUNT_LIMIT + 1)
          .as('some'),
      )
      .select((some) => some.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    const value = Number(count)
    if (value <= COUNT_LIMIT) return { value, isExact: true }
    // The tallies may not have come so far yet.
    return { value: Math.max(tallied.get(status) ?? 0, value), isExact: false }
  }

  /** How many came to rest in all of time. */
  async #tallied(): Promise<Map<Status, number>> {
    const rows = await this.#parts.db
      .selectFrom(this.#ended(ALL_TIME, 0).as('ended'))
      .groupBy('status')
      .select(['status', sql<number>`sum(count)`.as('count')])
      .execute()
    return new Map(rows.map(({ status, count }) => [status as Status, Number(count)]))
  }

  /**
   * What came to rest since then: the tallies, and the seconds that they lag behind. In one statement,
   * so that a job that is tallied meanwhile is neither missing nor counted twice.
   */
  #ended(span: number, since: number) {
    const { db } = this.#parts
    const untallied = db
      .selectFrom('backbeat_jobs')
      .where('completed_at', 'is not', null)
      .where('completed_at', '>', db.selectFrom('backbeat_stats_cursor').where('id', '=', 1).select('until'))
      .where('completed_at', '>=', since)
      .orderBy('completed_at')
      .limit(UNTALLIED_LIMIT)
      .select(['completed_at', 'task_type', 'status', 'queue'])
    return db
      .selectFrom('backbeat_stats')
      .where('span', '=', span)
      .where('at', '>=', since)
      .select(['at', 'task_type', 'status', 'queue', 'count'])
      .unionAll(
        db
          .selectFrom(untallied.as('untallied'))
          .select([sql<number>`completed_at`.as('at'), 'task_type', 'status', 'queue'])
          .select(sql<number>`${sql.lit(1)}`.as('count')),
      )
  }

  async #runsOf(ids: readonly string[]): Promise<RecentRun[]> {
    const rows = await this.#parts.db
      .selectFrom('backbeat_jobs')
      .where('id', 'in', ids)
      .where('status', 'in', RESTING_STATUSES)
      .select(['task_type', 'status', 'created_at', 'run_at', 'attempt', 'started_at', 'attempt_started_at'])
      .select('completed_at')
      .execute()
    return rows.map((row) => {
      // A later attempt has moved run_at on.
      const dueAt = row.attempt > 1 ? row.created_at : Math.max(row.created_at, row.run_at)
      return {
        taskType: row.task_type,
        status: row.status,
        waitMs: row.started_at === null ? null : Math.max(0, row.started_at - dueAt),
        runMs:
          row.attempt_started_at === null || row.completed_at === null
            ? null
            : Math.max(0, row.completed_at - row.attempt_started_at),
      }
    })
  }
}

function mergedLanes(lanes: readonly LaneCount[]): LaneCount[] {
  const merged = new Map<string, LaneCount>()
  for (const lane of lanes) {
    const key = JSON.stringify([lane.queue, lane.status])
    const known = merged.get(key)
    if (!known) merged.set(key, lane)
    else {
      known.count += lane.count
      known.due += lane.due
      const oldest = [known.oldestDueAt, lane.oldestDueAt].filter((at) => at !== null)
      known.oldestDueAt = oldest.length === 0 ? null : Math.min(...oldest)
    }
  }
  return [...merged.values()].sort((a, b) => compare(a.queue, b.queue) || compare(a.status, b.status))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
}
