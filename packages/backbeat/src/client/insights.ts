import type { Clock } from '../clock.ts'
import { UnknownJobError } from '../errors.ts'
import type { JobSummary } from '../job/job.ts'
import { type Percentiles, percentilesOf } from '../job/percentiles.ts'
import type { Status } from '../job/states.ts'
import type { Count, JobFilter, QueueTally, RecentRun, SlotHolder, Store, Tally } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { type ErrorGroup, type ErrorSpan, groupErrors } from './error-groups.ts'
import { type Explanation, explain } from './explanation.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** What the rate is an average of. */
const RATE_WINDOW_MS = 5 * MINUTE_MS
/** So many jobs of each task tell how long it waits and runs. */
const RECENT_RUNS = 200
/** So many failed jobs are grouped. */
const MAX_GROUPED = 5000
/** Or as many as are found in this time. */
const GROUPING_MS = 1000
const JOBS_PER_READ = 1000

/** The charts that there are: how far back they go, and how long each of their points is. */
export const WINDOWS = {
  hour: { lengthMs: HOUR_MS, bucketMs: MINUTE_MS },
  day: { lengthMs: DAY_MS, bucketMs: 30 * MINUTE_MS },
  week: { lengthMs: 7 * DAY_MS, bucketMs: 3 * HOUR_MS },
} as const

export type Window = keyof typeof WINDOWS

const RESTING_WORDS = ['completed', 'completed_with_warnings', 'failed', 'stuck', 'cancelled'] as const
type RestingWord = (typeof RESTING_WORDS)[number]
export type RestingCounts = Record<RestingWord, number>

/** How things stand. */
export interface Overview {
  asOf: number
  counts: Record<Status, Count>
  waiting: {
    /** Jobs that might start now. */
    due: number
    /** Jobs that wait for a later time, or for a limit. */
    later: number
    oldestDueAt: number | null
  }
  /** What came to rest within 24 hours. */
  last24h: RestingCounts
  /** How many jobs came to rest in a minute, of late. */
  ratePerMinute: number
  /** How long what is due now takes at that rate, in milliseconds; `null` where nothing moves. */
  drainMs: number | null
}

export interface Series {
  from: number
  to: number
  bucketMs: number
  points: ({ at: number } & RestingCounts)[]
}

/** A task and how its jobs have been doing. */
export interface TaskInsight {
  task: AnyTask
  last24h: RestingCounts
  /** The share of jobs of the last 24 hours that failed or got stuck; `null` where none ended. */
  failureRate: number | null
  /** Of the newest jobs; `null` where none has run. */
  wait: Percentiles | null
  run: Percentiles | null
  /** How many jobs those are. */
  sampled: number
}

/** Asks what people want to know of many jobs at once. */
export class Insights {
  readonly #store: Store
  readonly #registry: TaskRegistry
  readonly #clock: Clock

  constructor(store: Store, registry: TaskRegistry, clock: Clock) {
    this.#store = store
    this.#registry = registry
    this.#clock = clock
  }

  /** How things stand now. Its cost does not grow with what is finished. */
  async overview(): Promise<Overview> {
    const now = this.#clock.now()
    const rateFrom = rateWindowAt(now)
    const { insights } = this.#store
    const [lanes, resting, day, recent] = await Promise.all([
      insights.lanes(),
      insights.countResting(),
      insights.tallies({ from: now - DAY_MS, bucketMs: 30 * MINUTE_MS }),
      insights.tallies({ from: rateFrom, bucketMs: MINUTE_MS }),
    ])
    const active = (status: Status): Count => ({
      value: lanes.reduce((sum, lane) => (lane.status === status ? sum + lane.count : sum), 0),
      isExact: true,
    })
    const counts = {
      pending: active('pending'),
      running: active('running'),
      retrying: active('retrying'),
      ...Object.fromEntries(resting),
    } as Record<Status, Count>
    const due = lanes.reduce((sum, lane) => sum + lane.due, 0)
    const oldest = lanes.flatMap(({ oldestDueAt }) => (oldestDueAt === null ? [] : [oldestDueAt]))
    const ratePerMinute = endedIn(recent) / ((now - rateFrom) / MINUTE_MS)
    return {
      asOf: now,
      counts,
      waiting: {
        due,
        later: counts.pending.value + counts.retrying.value - due,
        oldestDueAt: oldest.length === 0 ? null : Math.min(...oldest),
      },
      last24h: sumOf(day),
      ratePerMinute,
      drainMs: due === 0 ? 0 : ratePerMinute === 0 ? null : Math.round((due / ratePerMinute) * MINUTE_MS),
    }
  }

  /** How many jobs of each queue came to rest in a minute, of late; those of which none did are left out. */
  async queueRates(): Promise<Map<string, number>> {
    const now = this.#clock.now()
    const from = rateWindowAt(now)
    const byQueue = Map.groupBy(await this.#store.insights.queueTallies(from), ({ queue }) => queue)
    const rates = byQueue.entries().map(([queue, own]) => [queue, endedIn(own) / ((now - from) / MINUTE_MS)] as const)
    return new Map(rates.filter(([, rate]) => rate > 0))
  }

  /** What came to rest over time, of every task or of one, with a point also where nothing did. */
  async series(window: Window, taskType?: string): Promise<Series> {
    const { from, to, bucketMs } = this.#spanOf(window)
    const tallies = (await this.#store.insights.tallies({ from, bucketMs })).filter(
      (tally) => taskType === undefined || tally.taskType === taskType,
    )
    const byTime = Map.groupBy(tallies, ({ at }) => at)
    const points = Array.from({ length: (to - from) / bucketMs }, (_, index) => {
      const at = from + index * bucketMs
      return { at, ...sumOf(byTime.get(at) ?? []) }
    })
    return { from, to, bucketMs, points }
  }

  /** Every task that the application defines, by name. */
  async tasks(): Promise<TaskInsight[]> {
    const tasks = this.#registry.all()
    const names = tasks.map(({ name }) => name)
    const [day, runs] = await Promise.all([
      this.#store.insights.tallies({ from: this.#clock.now() - DAY_MS, bucketMs: 30 * MINUTE_MS }),
      this.#store.insights.recentRuns(names, RECENT_RUNS),
    ])
    const talliesOf = Map.groupBy(day, ({ taskType }) => taskType)
    const runsOf = Map.groupBy(runs, ({ taskType }) => taskType)
    return tasks.map((task) => taskInsight(task, talliesOf.get(task.name) ?? [], runsOf.get(task.name) ?? []))
  }

  /**
   * Failed and stuck jobs by their fault, the most frequent first. Of a very long list the newest
   * jobs are grouped, and the answer says so.
   *
   * @param window how far back they are counted over time
   */
  async errors(
    filter: JobFilter = {},
    window: Window = 'day',
  ): Promise<{ groups: ErrorGroup[]; isExact: boolean; span: ErrorSpan }> {
    const span = this.#spanOf(window)
    const { jobs, isComplete } = await this.#newest({ ...filter, status: ['failed', 'stuck'] }, MAX_GROUPED)
    return { groups: groupErrors(jobs, span), isExact: isComplete, span }
  }

  /**
   * Why a job does not run, or where it does, or how it ended.
   *
   * @param mayName whether another job that is in its way may be named; by default any may
   * @throws UnknownJobError
   */
  async explain(id: string, mayName?: (holder: SlotHolder) => boolean): Promise<Explanation> {
    const [facts, workers] = await Promise.all([this.#store.insights.facts(id), this.#store.workers()])
    if (!facts) throw new UnknownJobError(id)
    return explain(facts, workers, this.#registry.find(facts.job.taskType) !== undefined, mayName)
  }

  /** In whole stretches, the last of which has just begun. */
  #spanOf(window: Window): ErrorSpan {
    const { lengthMs, bucketMs } = WINDOWS[window]
    const to = Math.floor(this.#clock.now() / bucketMs) * bucketMs + bucketMs
    return { from: to - lengthMs, to, bucketMs }
  }

  async #newest(filter: JobFilter, limit: number): Promise<{ jobs: JobSummary[]; isComplete: boolean }> {
    const until = performance.now() + GROUPING_MS
    const jobs: JobSummary[] = []
    let cursor: string | null = null
    do {
      const page = { limit: Math.min(JOBS_PER_READ, limit - jobs.length), ...(cursor !== null && { cursor }) }
      const read = await this.#store.list(filter, page)
      jobs.push(...read.entries)
      cursor = read.nextCursor
    } while (cursor !== null && jobs.length < limit && performance.now() < until)
    return { jobs, isComplete: cursor === null }
  }
}

function taskInsight(task: AnyTask, tallies: readonly Tally[], runs: readonly RecentRun[]): TaskInsight {
  const last24h = sumOf(tallies)
  const ended = endedIn(tallies)
  return {
    task,
    last24h,
    failureRate: ended === 0 ? null : (last24h.failed + last24h.stuck) / ended,
    wait: percentilesOf(runs.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]))),
    run: percentilesOf(runs.flatMap(({ runMs }) => (runMs === null ? [] : [runMs]))),
    sampled: runs.length,
  }
}

function sumOf(tallies: readonly Tally[]): RestingCounts {
  const sums: RestingCounts = { completed: 0, completed_with_warnings: 0, failed: 0, stuck: 0, cancelled: 0 }
  for (const { status, count } of tallies) {
    if (status in sums) sums[status as RestingWord] += count
  }
  return sums
}

/** Where the last five minutes begin, which tallies hold whole: a rate is of up to a minute more. */
function rateWindowAt(now: number): number {
  return Math.floor((now - RATE_WINDOW_MS) / MINUTE_MS) * MINUTE_MS
}

/** Jobs that an attempt has ended, and not somebody who cancelled them. */
function endedIn(tallies: readonly (Tally | QueueTally)[]): number {
  return tallies.reduce((sum, { status, count }) => (status === 'cancelled' ? sum : sum + count), 0)
}
