import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Logger, pino } from 'pino'
import { Application, type ResourceFactories } from '../application.ts'
import { Client, type JobHandle } from '../client/client.ts'
import type { EnqueueOptions } from '../client/new-job.ts'
import { openStore } from '../open-store.ts'
import { InlinePool } from '../pool/inline.ts'
import type { Store } from '../store/store.ts'
import type { AnyTask, Task, TaskResult } from '../task/define.ts'
import { LoopHeartbeat } from '../worker/heartbeat.ts'
import { JobRunner } from '../worker/job-runner.ts'
import { Settler } from '../worker/settler.ts'
import { noStats } from '../worker/stats.ts'
import { ManualClock } from './manual-clock.ts'

const LEASE_MS = 15_000

export interface TestBackbeatOptions {
  /** Tasks themselves, or globs relative to the current folder. */
  tasks: readonly (string | AnyTask)[]
  resources?: Partial<ResourceFactories>
  /** Default: a store in memory. */
  store?: string
  logger?: Logger
}

interface Opened {
  client: Client
  store: Store
  runner: JobRunner
  close(): Promise<void>
}

/** Backbeat for an application's own tests; see {@link createTestBackbeat}. */
export class TestBackbeat {
  readonly clock = new ManualClock()
  readonly #options: TestBackbeatOptions
  #opened: Promise<Opened> | undefined

  constructor(options: TestBackbeatOptions) {
    this.#options = options
  }

  /** The client, with which jobs are asked about, retried and cancelled. */
  async open(): Promise<Client> {
    const { client } = await this.#open()
    return client
  }

  /** As {@link Client.enqueue}. */
  async enqueue<Schema extends StandardSchemaV1, Result extends TaskResult>(
    task: Task<Schema, Result>,
    input: StandardSchemaV1.InferInput<Schema>,
    options?: EnqueueOptions,
  ): Promise<JobHandle> {
    const { client } = await this.#open()
    return client.enqueue(task, input, options)
  }

  /** Runs every job that is due, and those that become due by it, one after the other. Returns how many attempts there were. */
  async drain(): Promise<number> {
    const { store, runner } = await this.#open()
    for (let attempts = 0; ; attempts += 1) {
      const { jobs } = await store.claim({ worker: 'test', limit: 1, queues: null, leaseMs: LEASE_MS })
      const [delivery] = runner.accept(jobs)
      if (!delivery) return attempts
      await new Promise<void>((recorded) => runner.run(delivery, { ended: () => {}, recorded }))
    }
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    await opened?.close()
    this.#opened = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openAll()
    return this.#opened
  }

  async #openAll(): Promise<Opened> {
    const { clock } = this
    const { tasks, resources, logger = pino({ level: 'silent' }) } = this.#options
    const store = await openStore(this.#options.store ?? 'sqlite::memory:', clock)
    await store.migrate()
    const application = await new Application(tasks, resources).open(clock, () => store.beginAttempt())
    const { registry } = application
    const pool = new InlinePool(async () => application)
    await pool.start()
    const onError = (error: unknown) => logger.error({ err: error })
    const runner = new JobRunner({
      store,
      registry,
      pool,
      heartbeat: new LoopHeartbeat({ store, clock, leaseMs: LEASE_MS, intervalMs: LEASE_MS, onError }),
      settler: new Settler(store, clock, onError),
      clock,
      logger,
      grace: { cancelMs: 10_000, shutdownMs: 1000 },
      stats: noStats(),
    })
    const client = new Client(store, registry, clock)
    return {
      client,
      store,
      runner,
      close: async () => {
        await client.events.close()
        await pool.stop()
        await application.close()
        await store.close()
      },
    }
  }
}

/**
 * Backbeat in memory, with the code paths of the real one, for tests of an application's tasks:
 * jobs run when you say so, and time moves when you say so.
 *
 * @example
 * await using backbeat = createTestBackbeat({ tasks: [productImport] })
 * const job = await backbeat.enqueue(productImport, { shop: 'nord', url })
 * await backbeat.drain()
 * backbeat.clock.advance('10m')
 */
export function createTestBackbeat(options: TestBackbeatOptions): TestBackbeat {
  return new TestBackbeat(options)
}
