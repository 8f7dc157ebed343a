import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import type { JobRunner } from './job-runner.ts'
import { WakeSignal } from './wake-signal.ts'

/** After a claim that failed, the worker waits this many milliseconds, then ever longer. */
const FIRST_RETRY_MS = 200
const MAX_RETRY_MS = 5000

/** Node ends a process that waits for nothing but timers that are unref'ed; a worker waits for jobs. */
const KEEP_ALIVE_MS = 2 ** 30

export interface WorkerOptions {
  /** Names this worker in job records: unique, and readable for people. */
  name: string
  /** How many jobs run at the same time; see {@link Worker.resize}. */
  concurrency: number
  /** Only these queues; `null` for every queue. */
  queues: readonly string[] | null
  leaseMs: number
  /** How often waiting jobs are looked for without a signal, in milliseconds. */
  pollMs: number
}

/** Claims jobs whenever a slot is free, and runs them. */
export class Worker {
  readonly #store: Store
  readonly #runner: JobRunner
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #options: WorkerOptions
  readonly #wake = new WakeSignal()
  readonly #running = new Set<Promise<void>>()
  #slots: number
  #isQuiet = false
  #stopping = false
  #loop: Promise<void> | undefined
  #unsubscribe: (() => void) | undefined
  #keepAlive: NodeJS.Timeout | undefined

  constructor(parts: { store: Store; runner: JobRunner; clock: Clock; logger: Logger }, options: WorkerOptions) {
    this.#store = parts.store
    this.#runner = parts.runner
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#options = options
    this.#slots = options.concurrency
  }

  /** How many jobs run at the same time, at most. */
  get slots(): number {
    return this.#slots
  }

  /** Whether it takes no job, and finishes those that it has. */
  get isQuiet(): boolean {
    return this.#isQuiet
  }

  start(): void {
    if (this.#loop) return
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS)
    this.#unsubscribe = this.#store.subscribe((change) => {
      if (change === 'ready' || change === 'elsewhere') this.#wake.notify()
    })
    this.#loop = this.#consume()
  }

  quiet(isQuiet: boolean): void {
    this.#isQuiet = isQuiet
    this.#wake.notify()
  }

  /** Jobs that run go on, also where there are more of them than slots now. */
  resize(slots: number): void {
    this.#slots = slots
    this.#wake.notify()
  }

  /** Takes no further job, and waits for those that run; resolves at the latest after `graceMs` with whether all have ended. */
  async drain(graceMs: number): Promise<boolean> {
    this.#stopping = true
    this.#unsubscribe?.()
    this.#wake.notify()
    await this.#loop
    const ended = await this.#allEnded(graceMs)
    if (ended) clearInterval(this.#keepAlive)
    return ended
  }

  /** Stops what still runs, gives its jobs back, and resolves when that is recorded. */
  async release(): Promise<void> {
    this.#runner.releaseAll()
    await Promise.all(this.#running)
    clearInterval(this.#keepAlive)
  }

  async #consume(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#stopping) {
      try {
        await this.#wake.wait(await this.#claim(), this.#clock)
        retryMs = FIRST_RETRY_MS
      } catch (error) {
        this.#logger.error({ err: error }, 'Jobs could not be claimed; trying again')
        await this.#wake.wait(retryMs, this.#clock)
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
      }
    }
  }

  /** Fills the free slots. Returns how long to wait for more, or `null` to wait for a slot. */
  async #claim(): Promise<number | null> {
    const { name, queues, leaseMs, pollMs } = this.#options
    const free = this.#slots - this.#running.size
    if (free <= 0 || this.#isQuiet) return null
    const { jobs, nextDueAt } = await this.#store.claim({ worker: name, limit: free, queues, leaseMs })
    for (const job of jobs) this.#track(this.#runner.run(job))
    if (jobs.length === free) return null
    const untilDue = nextDueAt === null ? pollMs : Math.max(0, nextDueAt - this.#clock.now())
    // Spread over a fifth, so that workers that started together do not ask together.
    return Math.min(untilDue, pollMs * (0.9 + Math.random() / 5))
  }

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => {
      this.#running.delete(tracked)
      this.#wake.notify()
    })
    this.#running.add(tracked)
  }

  async #allEnded(graceMs: number): Promise<boolean> {
    if (this.#running.size === 0) return true
    const { promise: graceOver, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.setTimer(() => resolve(false), graceMs)
    const ended = await Promise.race([Promise.all(this.#running).then(() => true), graceOver])
    timer.cancel()
    return ended
  }
}
