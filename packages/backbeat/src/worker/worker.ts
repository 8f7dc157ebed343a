import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.ts'
import type { ClaimedJob, NewJob, Store } from '../store/store.ts'
import { WakeSignal } from '../wake-signal.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryListener } from './execution.ts'
import type { JobRunner } from './job-runner.ts'
import { mostInHand, Prefetch } from './prefetch.ts'
import type { WorkerStats } from './stats.ts'

/** After a claim that failed, the worker waits this many milliseconds, then ever longer. */
const FIRST_RETRY_MS = 200
const MAX_RETRY_MS = 5000

/** Node ends a process that waits for nothing but timers that are unref'ed; a worker waits for jobs. */
const KEEP_ALIVE_MS = 2 ** 30

/** There is more to claim, and room for it. */
const AT_ONCE = 0
/** What is due by now may be held by others for a moment. */
const MIN_WAIT_MS = 1

/** So many quick jobs may all run before anything else happens in this process. */
const MANY = 1000
/** Claims go on while up to so many times as many outcomes wait to be written as jobs are kept ready. */
const UNWRITTEN = 2

/** A job that finds no slot for this long, in milliseconds, is given back to whoever has one. */
const MAX_WAIT_MS = 500

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

/**
 * Claims jobs and runs them as slots become free. Of quick jobs it claims some more than it has slots
 * for, and what it cannot start soon it gives back.
 */
export class Worker {
  readonly #store: Store
  readonly #runner: JobRunner
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #stats: WorkerStats
  readonly #options: WorkerOptions
  readonly #wake = new WakeSignal()
  /** So many jobs at most are kept ready. */
  readonly #most: number
  readonly #prefetch: Prefetch
  /** Claimed and not started yet, the first to start last: it is taken from the end. */
  #waiting: Delivery[] = []
  readonly #listener: DeliveryListener = {
    ended: (delivery) => this.#onEnded(delivery),
    recorded: () => this.#onRecorded(),
  }
  #isStarting = false
  #running = 0
  /** Slots that are kept for jobs which are being stored. */
  #reserved = 0
  #isClaiming = false
  /** Jobs between their start and their recorded outcome. */
  #unrecorded = 0
  /** Resolved when there are none left. */
  #allRecorded: PromiseWithResolvers<void> | undefined
  /** Whether there may be jobs to claim: a claim that got fewer than it asked for says that there are none. */
  #mayBeMore = true
  #waitTimer: Timer | undefined
  /** How many jobs were started; by it a timer knows whether any was. */
  #starts = 0
  #slots: number
  #isQuiet = false
  #stopping = false
  #loop: Promise<void> | undefined
  #unsubscribe: (() => void) | undefined
  #keepAlive: NodeJS.Timeout | undefined

  /** @param parts.stats is added to */
  constructor(
    parts: { store: Store; runner: JobRunner; clock: Clock; logger: Logger; stats: WorkerStats },
    options: WorkerOptions,
  ) {
    this.#store = parts.store
    this.#runner = parts.runner
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#stats = parts.stats
    this.#options = options
    this.#slots = options.concurrency
    this.#most = mostInHand(parts.store.answersAtOnce)
    this.#prefetch = new Prefetch(this.#most)
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
      if (change !== 'ready' && change !== 'elsewhere') return
      this.#mayBeMore = true
      this.#wake.notify()
    })
    this.#loop = this.#consume()
  }

  quiet(isQuiet: boolean): void {
    this.#isQuiet = isQuiet
    this.#mayBeMore = true
    if (isQuiet) this.#giveBack()
    this.#wake.notify()
  }

  /** Jobs that run go on, also where there are more of them than slots now. */
  resize(slots: number): void {
    this.#slots = slots
    this.#startWaiting()
    this.#wake.notify()
  }

  /**
   * Keeps a slot for each of the jobs until they are taken; see `HandOver`. Not where jobs may wait that
   * come before them, or are being claimed at this moment.
   */
  reserve(jobs: readonly NewJob[]) {
    const { name, leaseMs, queues } = this.#options
    const isIdle = this.#loop && !this.#stopping && !this.#isQuiet && !this.#mayBeMore && !this.#isClaiming
    if (!isIdle || this.#waiting.length > 0 || jobs.length > this.#freeSlots) return null
    if (queues && !jobs.every(({ queue }) => queues.includes(queue))) return null
    this.#reserved += jobs.length
    // What is being stored for this worker is waited for like what it runs.
    this.#unrecorded += 1
    return { worker: name, leaseMs, take: (claimed: readonly ClaimedJob[]) => this.#takeReserved(jobs.length, claimed) }
  }

  #takeReserved(reserved: number, claimed: readonly ClaimedJob[]): void {
    this.#reserved -= reserved
    this.#stats.claimed += claimed.length
    if (claimed.length > 0) {
      this.#take(this.#runner.accept(claimed))
      this.#startTaken()
    }
    this.#onRecorded()
  }

  get #freeSlots(): number {
    return this.#slots - this.#running - this.#reserved
  }

  /** Takes no further job, and waits for those that run; resolves at the latest after `graceMs` with whether all have ended. */
  async drain(graceMs: number): Promise<boolean> {
    this.#stopping = true
    this.#unsubscribe?.()
    this.#wake.notify()
    this.#giveBack()
    await this.#loop
    this.#giveBack()
    const ended = await this.#allEnded(graceMs)
    if (ended) clearInterval(this.#keepAlive)
    return ended
  }

  /** Stops what still runs, gives its jobs back, and resolves when that is recorded. */
  async release(): Promise<void> {
    this.#runner.releaseAll()
    await this.#recorded()
    clearInterval(this.#keepAlive)
  }

  async #consume(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#stopping) {
      try {
        const waitMs = await this.#claim()
        if (waitMs !== AT_ONCE) await this.#wake.wait(waitMs, this.#clock)
        retryMs = FIRST_RETRY_MS
      } catch (error) {
        this.#stats.retriedStoreFaults += 1
        this.#logger.error({ err: error }, 'Jobs could not be claimed; trying again')
        await this.#wake.wait(retryMs, this.#clock)
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
      }
    }
  }

  /** Claims as many jobs as there is room for. Returns how long to wait for more, or `null` to wait for room. */
  async #claim(): Promise<number | null> {
    const { name, queues, leaseMs, pollMs } = this.#options
    const room = this.#room()
    if (room === 0) {
      this.#mayBeMore = true
      return null
    }
    this.#mayBeMore = false
    this.#isClaiming = true
    const { jobs, nextDueAt } = await this.#store
      .claim({ worker: name, limit: room, queues, leaseMs, areQuick: this.#prefetch.areQuick })
      .finally(() => (this.#isClaiming = false))
    this.#stats.claimed += jobs.length
    if (jobs.length > 0) {
      this.#take(this.#runner.accept(jobs))
      // Before they run, the next claim is sent.
      if (jobs.length >= MANY) setImmediate(() => this.#startTaken())
      else this.#startTaken()
    }
    if (jobs.length === room) {
      this.#mayBeMore = true
      return this.#room() > 0 ? AT_ONCE : null
    }
    const untilDue = nextDueAt === null ? pollMs : Math.max(0, nextDueAt - this.#clock.now())
    // Spread over a fifth, so that workers that started together do not ask together.
    return Math.max(MIN_WAIT_MS, Math.min(untilDue, pollMs * (0.9 + Math.random() / 5)))
  }

  /**
   * How many jobs are worth claiming now: what waits is replenished when half of it is gone, and by no more than
   * half at a time, so that one half is claimed while the other runs.
   */
  #room(): number {
    if (this.#isQuiet) return 0
    const target = this.#prefetch.target(this.#slots)
    const ended = this.#unrecorded - this.#running
    if (this.#waiting.length > target / 2 || ended > UNWRITTEN * this.#most) return 0
    const room = this.#freeSlots + target - this.#waiting.length
    return Math.max(0, Math.min(room, Math.max(this.#freeSlots, Math.floor(this.#most / 2))))
  }

  #take(deliveries: Delivery[]): void {
    deliveries.reverse()
    this.#waiting = this.#waiting.length === 0 ? deliveries : [...deliveries, ...this.#waiting]
  }

  #startTaken(): void {
    this.#startWaiting()
    if (this.#stopping || this.#isQuiet) this.#giveBack()
    else if (this.#waiting.some(({ isStartedAtOnce }) => isStartedAtOnce)) {
      this.#giveBack(({ isStartedAtOnce }) => isStartedAtOnce)
    }
  }

  #startWaiting(): void {
    // What is started may end at once, which frees a slot. And what was on its way when the worker began to leave is
    // not started: nobody would end it any more.
    if (this.#isStarting || this.#stopping) return
    this.#isStarting = true
    try {
      while (this.#freeSlots > 0) {
        const delivery = this.#waiting.pop()
        if (!delivery) break
        this.#start(delivery)
      }
    } finally {
      this.#isStarting = false
    }
    if (this.#waiting.length > 0) this.#watchWaiting()
    else this.#stopWatching()
  }

  #start(delivery: Delivery): void {
    this.#running += 1
    this.#starts += 1
    this.#unrecorded += 1
    delivery.startedAt = performance.now()
    this.#runner.run(delivery, this.#listener)
  }

  #onEnded({ isStartedAtOnce, startedAt, job }: Delivery): void {
    this.#running -= 1
    if (!isStartedAtOnce) this.#prefetch.note(performance.now() - startedAt, job.inputLength)
    this.#onRoom()
  }

  #onRecorded(): void {
    this.#unrecorded -= 1
    if (this.#unrecorded === 0) {
      this.#allRecorded?.resolve()
      this.#allRecorded = undefined
    }
    this.#onRoom()
  }

  #onRoom(): void {
    if (this.#waiting.length > 0) this.#startWaiting()
    if (this.#mayBeMore && this.#room() > 0) this.#wake.notify()
  }

  /** Looks whether any job was started meanwhile; where none was, those that wait could as well wait elsewhere. */
  #watchWaiting(): void {
    if (this.#waitTimer) return
    const starts = this.#starts
    this.#waitTimer = this.#clock.setTimer(() => {
      this.#waitTimer = undefined
      if (this.#starts === starts) this.#giveBack()
      else if (this.#waiting.length > 0) this.#watchWaiting()
    }, MAX_WAIT_MS)
  }

  #stopWatching(): void {
    this.#waitTimer?.cancel()
    this.#waitTimer = undefined
  }

  #giveBack(which: (delivery: Delivery) => boolean = () => true): void {
    this.#prefetch.reset()
    const { given = [], kept = [] } = Object.groupBy(this.#waiting, (delivery) => (which(delivery) ? 'given' : 'kept'))
    this.#waiting = kept
    if (kept.length === 0) this.#stopWatching()
    for (const delivery of given) {
      this.#unrecorded += 1
      this.#runner.giveBack(delivery, this.#listener)
    }
  }

  async #recorded(): Promise<void> {
    if (this.#unrecorded === 0) return
    this.#allRecorded ??= Promise.withResolvers()
    await this.#allRecorded.promise
  }

  async #allEnded(graceMs: number): Promise<boolean> {
    if (this.#unrecorded === 0) return true
    const { promise: graceOver, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.setTimer(() => resolve(false), graceMs)
    const ended = await Promise.race([this.#recorded().then(() => true), graceOver])
    timer.cancel()
    return ended
  }
}
