import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Recorder } from '../../attempt/recorder.ts'
import type { Assignment } from '../../job/assignment.ts'
import type { Ending } from '../../job/outcome.ts'
import type { ItemBatch, Report, SettledItem } from '../../job/report.ts'
import type { Json } from '../../json.ts'
import type { ExecutorPoolOptions } from '../executor-pool.ts'
import type { Pool, PoolRun } from '../pool.ts'

export type PoolOptions = Partial<Omit<ExecutorPoolOptions, 'logger'>> & { maxHeapBytes?: number }

/** @param module the URL of the application's module */
export type OpenPool = (module: string, options: PoolOptions) => Pool

/** Writes down what an attempt tells, and lets a test wait for it. */
export class ProbeRecorder implements Recorder {
  readonly reports: Report[] = []
  readonly batches: ItemBatch[] = []
  readonly settled = new Map<string, SettledItem>()
  refusal: Error | undefined
  readonly #started = Promise.withResolvers<Json>()

  /** The executor of an attempt that has said that it started. */
  get started(): Promise<Json> {
    return this.#started.promise
  }

  report(report: Report): void {
    this.reports.push(report)
    if (report.progress?.message === 'started') this.#started.resolve(report.progress.meta)
  }

  async settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return new Map([...this.settled].filter(([key]) => keys.includes(key)))
  }

  async recordItems(batch: ItemBatch): Promise<void> {
    if (this.refusal) throw this.refusal
    this.batches.push(batch)
  }
}

/** An attempt, with a promise of how it ends. */
export interface ProbedRun extends PoolRun {
  readonly outcome: Promise<Ending>
}

/** An application and a pool for each test, and the steps that tests are made of. */
export class Suite {
  readonly #open: OpenPool
  readonly #pools: Pool[] = []
  #folder = ''
  #jobs = 0

  constructor(open: OpenPool) {
    this.#open = open
  }

  begin(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'backbeat-pool-'))
  }

  async end(): Promise<void> {
    for (const pool of this.#pools.splice(0)) await pool.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The application's module, with this test's journal. */
  get module(): string {
    const url = new URL('./application.conformance.ts', import.meta.url)
    url.searchParams.set('journal', join(this.#folder, 'journal'))
    return url.href
  }

  /** What became of the resource, in the order in which it happened. */
  get journal(): string[] {
    return readFileSync(join(this.#folder, 'journal'), 'utf8').trim().split('\n')
  }

  openPool = (options: PoolOptions = {}, module = this.module): Pool => {
    const pool = this.#open(module, options)
    this.#pools.push(pool)
    return pool
  }

  startPool = async (options: PoolOptions = {}): Promise<Pool> => {
    const pool = this.openPool(options)
    await pool.start()
    return pool
  }

  assign = (task: string, input: Json = null, more: Partial<Assignment> = {}): Assignment => ({
    jobId: `job-${++this.#jobs}`,
    delivery: 1,
    taskType: `pool.${task}`,
    queue: 'default',
    input,
    attempt: 1,
    maxAttempts: 1,
    redeliveries: 0,
    triggeredBy: 'test',
    tags: [],
    retryScope: 'all',
    items: { total: 0, processed: 0, successful: 0, failed: 0 },
    ...more,
  })

  /** Runs an attempt, with a promise of how it ends. */
  runWith = (pool: Pool, assignment: Assignment, recorder: ProbeRecorder): ProbedRun => {
    const { promise: outcome, resolve: ended } = Promise.withResolvers<Ending>()
    const run = pool.run(assignment, recorder, { ended })
    return { started: run.started, outcome, abort: (reason) => run.abort(reason), kill: () => run.kill() }
  }

  /** Starts an attempt that says so, and waits until it does. */
  startOne = async (pool: Pool, task: string, more: Partial<Assignment> = {}) => {
    const recorder = new ProbeRecorder()
    const assignment = this.assign(task, null, more)
    const run = this.runWith(pool, assignment, recorder)
    return { assignment, run, executor: await recorder.started }
  }

  run = (pool: Pool, task: string, input: Json = null, more: Partial<Assignment> = {}): ProbedRun =>
    this.runWith(pool, this.assign(task, input, more), new ProbeRecorder())

  outcome = (pool: Pool, task: string, input: Json = null, more: Partial<Assignment> = {}) =>
    this.run(pool, task, input, more).outcome
}
