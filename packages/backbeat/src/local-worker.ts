import { hostname } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Application } from './application.ts'
import type { HandOver, Reservation } from './client/hand-over.ts'
import type { Clock } from './clock.ts'
import { createLocalPool, usualPool } from './local-pool.ts'
import type { LocalSettings } from './local-settings.ts'
import { Rescuer } from './maintenance/rescuer.ts'
import { StatsRoller } from './maintenance/stats-roller.ts'
import { Tidier } from './maintenance/tidier.ts'
import type { Pool } from './pool/pool.ts'
import { siblingModule } from './sibling-module.ts'
import type { NewJob, Store, WorkerOrders } from './store/store.ts'
import type { TaskRegistry } from './task/registry.ts'
import { backbeatVersion } from './version.ts'
import { JobRunner } from './worker/job-runner.ts'
import { Settler } from './worker/settler.ts'
import type { WorkerStats } from './worker/stats.ts'
import { ThreadHeartbeat, type WorkerStatus } from './worker/thread-heartbeat.ts'
import { Worker } from './worker/worker.ts'

/** A lease is renewed several times before it runs out, so that one slow write costs nothing. */
const BEATS_PER_LEASE = 5
const SWEEPS_PER_LEASE = 3
/** How long a task has to give up once it is told that the worker is leaving, in milliseconds. */
const RELEASE_GRACE_MS = 1000
const TALLY_EVERY_MS = 5000
/** With leases this long, in milliseconds, jobs are taken while the heartbeat's thread still starts. */
const MIN_LEASE_TO_BEAT_LATER_MS = 10_000
/** A request to cancel is looked for at most this often when another process has written. */
const MIN_BEAT_GAP_MS = 500

export interface LocalWorkerOptions {
  store: Store
  application: Application
  registry: TaskRegistry
  /** The module that executors load; without it, tasks run in this thread. */
  module: string | undefined
  clock: Clock
  logger: Logger
  name: string
  settings: LocalSettings
  /** How long entries of the audit log are kept. */
  auditKeptMs: number
  /** How long a notification is kept after it last happened. */
  notificationsKeptMs: number
  /** Added to. */
  stats: WorkerStats
}

/** A worker of this process with all that it needs: pool, heartbeat and rescuer. */
export class LocalWorker implements HandOver {
  readonly #options: LocalWorkerOptions
  readonly #pool: Pool
  readonly #heartbeat: ThreadHeartbeat
  readonly #settler: Settler
  readonly #worker: Worker
  readonly #rescuer: Rescuer
  readonly #tidier: Tidier
  readonly #statsRoller: StatsRoller
  #unsubscribe: (() => void) | undefined
  #lastBeatAt = 0
  #stopping: Promise<void> | undefined
  readonly #stopped = Promise.withResolvers<void>()

  constructor(options: LocalWorkerOptions) {
    const { store, clock, logger, registry, name, settings, stats, auditKeptMs, notificationsKeptMs } = options
    const { concurrency, queues, leaseMs, pollMs, cancelGraceMs } = settings
    this.#options = options
    this.#pool = createLocalPool(options)
    this.#heartbeat = this.#createHeartbeat()
    this.#settler = new Settler(store, clock, (error) => {
      stats.retriedStoreFaults += 1
      logger.error({ err: error }, 'Outcomes could not be written; trying again')
    })
    const runner = new JobRunner({
      store,
      registry,
      pool: this.#pool,
      heartbeat: this.#heartbeat,
      settler: this.#settler,
      clock,
      logger,
      grace: { cancelMs: cancelGraceMs, shutdownMs: RELEASE_GRACE_MS },
      stats,
    })
    this.#worker = new Worker({ store, runner, clock, logger, stats }, { name, concurrency, queues, leaseMs, pollMs })
    this.#rescuer = new Rescuer({
      store,
      registry,
      clock,
      logger,
      intervalMs: leaseMs / SWEEPS_PER_LEASE,
      held: () => this.#heartbeat.held(),
      onRescue: () => {
        stats.rescued += 1
      },
    })
    this.#tidier = new Tidier({
      store,
      clock,
      logger,
      intervalMs: leaseMs / SWEEPS_PER_LEASE,
      auditKeptMs,
      notificationsKeptMs,
    })
    this.#statsRoller = new StatsRoller({ insights: store.insights, clock, logger, intervalMs: TALLY_EVERY_MS })
  }

  /** @throws what keeps the application from loading or a resource from opening */
  async start(): Promise<void> {
    let beating: Promise<void> | undefined
    try {
      await this.#pool.start()
      // Its thread is there before any task may block this one.
      beating = this.#heartbeat.start()
      if (this.#options.settings.leaseMs < MIN_LEASE_TO_BEAT_LATER_MS) await beating
    } catch (error) {
      await this.#pool.stop()
      throw error
    }
    this.#startTaking()
    // After the first claim is sent: maintenance opens connections of its own.
    void nextTurn().then(() => this.#startMaintaining())
    try {
      await beating
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  #startTaking(): void {
    this.#unsubscribe = this.#options.store.subscribe((change) => {
      if (change === 'cancel_requested') this.#heartbeat.beat()
      if (change === 'ordered') this.#heartbeat.look()
      if (change === 'elsewhere') this.#beatNowAndThen()
    })
    this.#worker.start()
  }

  #startMaintaining(): void {
    if (this.#stopping) return
    this.#rescuer.start()
    this.#tidier.start()
    this.#statsRoller.start()
  }

  /** See `HandOver`. */
  reserve(jobs: readonly NewJob[]): Reservation | null {
    return this.#worker.reserve(jobs)
  }

  /** Resolves when the worker has stopped, also where an operator asked it to. */
  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  /** Finishes what can be finished within the grace period, and gives the rest back. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => this.#stopped.resolve())
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#heartbeat.report({ ...this.#status, state: 'stopping' })
    await Promise.all([this.#rescuer.stop(), this.#tidier.stop(), this.#statsRoller.stop()])
    const ended = await this.#worker.drain(this.#options.settings.shutdownGraceMs)
    this.#settler.giveUp()
    if (!ended) await this.#worker.release()
    this.#unsubscribe?.()
    await this.#heartbeat.stop()
    await this.#pool.stop()
  }

  #beatNowAndThen(): void {
    const now = this.#options.clock.now()
    if (now - this.#lastBeatAt < MIN_BEAT_GAP_MS) return
    this.#lastBeatAt = now
    this.#heartbeat.beat()
    this.#heartbeat.look()
  }

  get #status(): WorkerStatus {
    const { slots, isQuiet } = this.#worker
    return { slots, state: isQuiet ? 'quiet' : 'running' }
  }

  /** Does what operators want, where it is not done already. */
  #obey({ state, slots }: WorkerOrders): void {
    if (this.#stopping) return
    const { logger, settings, name } = this.#options
    const wanted = { slots: slots ?? settings.concurrency, isQuiet: state === 'quiet' }
    if (state === 'stopping') {
      logger.info({ worker: name }, 'The worker was asked to stop')
      void this.stop().catch((error) => logger.error({ err: error }, 'The worker could not stop as it should'))
    } else if (wanted.slots !== this.#worker.slots || wanted.isQuiet !== this.#worker.isQuiet) {
      logger.info({ worker: name, ...wanted }, 'The worker does what it was asked to')
      this.#worker.resize(wanted.slots)
      this.#worker.quiet(wanted.isQuiet)
      this.#heartbeat.report(this.#status)
    }
  }

  #createHeartbeat(): ThreadHeartbeat {
    const { store, logger, settings, name, module, stats } = this.#options
    const { leaseMs, queues, concurrency } = settings
    const pool = usualPool(settings, module)
    const version = backbeatVersion()
    return new ThreadHeartbeat(
      siblingModule(import.meta.url, 'entry/heartbeat'),
      {
        storeUrl: store.url,
        shared: store.shared,
        leaseMs,
        intervalMs: leaseMs / BEATS_PER_LEASE,
        worker: { name, host: hostname(), pid: process.pid, version, queues, pool, leaseMs },
        status: { state: 'running', slots: concurrency },
      },
      (orders) => this.#obey(orders),
      (error) => {
        stats.retriedStoreFaults += 1
        logger.error({ err: error }, 'Leases could not be renewed; trying again')
      },
    )
  }
}
