import { type Expression, type Kysely, sql } from 'kysely'
import type { Status } from '../../job/states.ts'
import type { Count, InsightRecords, JobFacts, LaneCount, RecentRun, Tally, TallyRequest } from '../store.ts'
import { readFacts } from './job-facts.ts'
import { ALL_TIME, HOUR_MS, MINUTE_MS } from './stats-tables.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'

/** Counted one by one up to here. */
const COUNT_LIMIT = 10_000
const RESTING = ['completed', 'completed_with_warnings', 'failed', 'stuck', 'cancelled'] as const satisfies Status[]

/** What the two databases do each in their own way. */
export interface InsightParts {
  db: Kysely<Tables>
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
      const rows = await this.#parts.db
        .selectFrom('backbeat_jobs')
        .where('status', 'in', ['pending', 'running', 'retrying'])
        .groupBy(['queue', 'status'])
        .orderBy('queue')
        .orderBy('status')
        .select(['queue', 'status'])
        .select((job) => [
          job.fn.countAll<number>().as('count'),
          sql<number>`count(CASE WHEN status <> 'running' AND blocked_by IS NULL AND run_at <= ${now} THEN 1 END)`.as(
            'due',
          ),
          sql<
            number | null
          >`min(CASE WHEN status <> 'running' AND blocked_by IS NULL AND run_at <= ${now} THEN run_at END)`.as(
            'oldest_due_at',
          ),
        ])
        .execute()
      return rows.map(({ queue, status, count, due, oldest_due_at }) => ({
        queue,
        status: status as LaneCount['status'],
        count: Number(count),
        due: Number(due),
        oldestDueAt: oldest_due_at,
      }))
    })
  }

  countResting(): Promise<Map<Status, Count>> {
    const { db } = this.#parts
    return this.#parts.run(async () => {
      const counts = new Map<Status, Count>()
      for (const status of RESTING) {
        const counted = await db
          .selectFrom((from) =>
            from
              .selectFrom('backbeat_jobs')
              .select('id')
              .where('status', '=', status)
              .limit(COUNT_LIMIT + 1)
              .as('some'),
          )
          .select((some) => some.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        const value = Number(counted.count)
        counts.set(status, value <= COUNT_LIMIT ? { value, isExact: true } : await this.#tallied(status))
      }
      return counts
    })
  }

  rollUp(): Promise<boolean> {
    return this.#parts.rollUp()
  }

  tallies({ from, bucketMs }: TallyRequest): Promise<Tally[]> {
    const span = bucketMs % HOUR_MS === 0 ? HOUR_MS : MINUTE_MS
    return this.#parts.run(async () => {
      const at = sql<number>`at - at % ${sql.lit(bucketMs)}`
      const rows = await this.#parts.db
        .selectFrom('backbeat_stats')
        .where('span', '=', span)
        .where('at', '>=', from - (from % bucketMs))
        .groupBy([at, 'task_type', 'status'])
        .orderBy(at)
        .orderBy('task_type')
        .orderBy('status')
        .select([at.as('at'), 'task_type', 'status', sql<number>`sum(count)`.as('count')])
        .execute()
      return rows.map((row) => ({
        at: Number(row.at),
        taskType: row.task_type,
        status: row.status,
        count: Number(row.count),
      }))
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
    return this.#parts.run((now) => readFacts(this.#parts.db, id, now))
  }

  async #tallied(status: Status): Promise<Count> {
    const { db } = this.#parts
    const tallied = await db
      .selectFrom('backbeat_stats')
      .where('span', '=', ALL_TIME)
      .where('status', '=', status)
      .select(sql<number>`coalesce(sum(count), 0)`.as('count'))
      .executeTakeFirstOrThrow()
    // The tallies may not have come so far yet.
    return { value: Math.max(Number(tallied.count), COUNT_LIMIT), isExact: false }
  }

  async #runsOf(ids: readonly string[]): Promise<RecentRun[]> {
    const rows = await this.#parts.db
      .selectFrom('backbeat_jobs')
      .where('id', 'in', ids)
      .where('status', 'in', RESTING)
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

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
}
