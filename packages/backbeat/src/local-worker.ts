import type { Logger } from 'pino'
import type { Application, OpenedApplication } from './application.ts'
import type { Clock } from './clock.ts'
import { Rescuer } from './maintenance/rescuer.ts'
import { InlinePool } from './pool/inline.ts'
import type { Pool } from './pool/pool.ts'
import { ThreadPool } from './pool/thread.ts'
import { siblingModule } from './sibling-module.ts'
import type { Store } from './store/store.ts'
import type { TaskRegistry } from './task/registry.ts'
import type { Heartbeat } from './worker/heartbeat.ts'
import { JobRunner } from './worker/job-runner.ts'
import { Settler } from './worker/settler.ts'
import { ThreadHeartbeat } from './worker/thread-heartbeat.ts'
import { Worker } from './worker/worker.ts'

/** A lease is renewed several times before it runs out, so that one slow write costs nothing. */
const BEATS_PER_LEASE = 5
const SWEEPS_PER_LEASE = 3
/** How long a task has to give up once it is told that the worker is leaving, in milliseconds. */
const RELEASE_GRACE_MS = 1000
/** A request to cancel is looked for at most this often when another process has written. */
const MIN_BEAT_GAP_MS = 500

export interface LocalWorkerOptions {
  store: Store
  application: Application
  registry: TaskRegistry
  /** The module that executor threads load; without it, tasks run in this thread. */
  module: string | undefined
  clock: Clock
  logger: Logger
  name: string
  concurrency: number
  queues: readonly string[] | null
  leaseMs: number
  pollMs: number
  shutdownGraceMs: number
  cancelGraceMs: number
}

/** A worker of this process with all that it needs: pool, heartbeat and rescuer. */
export class LocalWorker {
  readonly #options: LocalWorkerOptions
  readonly #pool: Pool
  readonly #heartbeat: Heartbeat
  readonly #settler: Settler
  readonly #worker: Worker
  readonly #rescuer: Rescuer
  #unsubscribe: (() => void) | undefined
  #inline: OpenedApplication | undefined
  #lastBeatAt = 0

  constructor(options: LocalWorkerOptions) {
    const { store, clock, logger, registry, name, concurrency, queues, leaseMs, pollMs } = options
    this.#options = options
    this.#pool = this.#createPool()
    this.#heartbeat = this.#createHeartbeat()
    this.#settler = new Settler(store, clock, (error) =>
      logger.error({ err: error }, 'Outcomes could not be written; trying again'),
    )
    const runner = new JobRunner({
      store,
      registry,
      pool: this.#pool,
      heartbeat: this.#heartbeat,
      settler: this.#settler,
      clock,
      logger,
      grace: { cancelMs: options.cancelGraceMs, shutdownMs: RELEASE_GRACE_MS },
    })
    this.#worker = new Worker({ store, runner, clock, logger }, { name, concurrency, queues, leaseMs, pollMs })
    this.#rescuer = new Rescuer({
      store,
      clock,
      logger,
      intervalMs: leaseMs / SWEEPS_PER_LEASE,
      held: () => this.#heartbeat.held(),
    })
  }

  /** @throws what keeps the application from loading or a resource from opening */
  async start(): Promise<void> {
    await this.#pool.start()
    await this.#heartbeat.start()
    this.#unsubscribe = this.#options.store.subscribe((change) => {
      if (change === 'cancel_requested') this.#heartbeat.beat()
      if (change === 'elsewhere') this.#beatNowAndThen()
    })
    this.#rescuer.start()
    this.#worker.start()
  }

  /** Finishes what can be finished within the grace period, and gives the rest back. */
  async stop(): Promise<void> {
    await this.#rescuer.stop()
    const ended = await this.#worker.drain(this.#options.shutdownGraceMs)
    this.#settler.giveUp()
    if (!ended) await this.#worker.release()
    this.#unsubscribe?.()
    await this.#heartbeat.stop()
    await this.#pool.stop()
    await this.#inline?.close()
  }

  #beatNowAndThen(): void {
    const now = this.#options.clock.now()
    if (now - this.#lastBeatAt < MIN_BEAT_GAP_MS) return
    this.#lastBeatAt = now
    this.#heartbeat.beat()
  }

  #createPool(): Pool {
    const { module, application, clock } = this.#options
    if (module) return new ThreadPool(siblingModule(import.meta.url, 'entry/executor'), module)
    return new InlinePool(async () => {
      this.#inline = await application.open(clock)
      return this.#inline
    })
  }

  #createHeartbeat(): Heartbeat {
    const { store, leaseMs, logger } = this.#options
    return new ThreadHeartbeat(
      siblingModule(import.meta.url, 'entry/heartbeat'),
      { storeUrl: store.url, leaseMs, intervalMs: leaseMs / BEATS_PER_LEASE },
      (error) => logger.error({ err: error }, 'Leases could not be renewed; trying again'),
    )
  }
}
