import { hostname } from 'node:os'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Logger, pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { Application, type ResourceFactories, registerApplication } from './application.ts'
import { Client, type JobHandle } from './client/client.ts'
import type { EnqueueOptions } from './client/new-job.ts'
import { systemClock } from './clock.ts'
import { type Duration, toMs } from './duration.ts'
import { BackbeatError } from './errors.ts'
import { LocalWorker } from './local-worker.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store/store.ts'
import type { AnyTask, Task, TaskResult } from './task/define.ts'
import type { TaskRegistry } from './task/registry.ts'

export interface BackbeatOptions {
  /** Where records are kept: `sqlite:<file>` or `sqlite::memory:`. Default: `sqlite:.data/backbeat.db`. */
  store?: string
  /**
   * Globs for the files that define tasks, relative to `module`'s folder (without it, to the
   * current one), or tasks themselves.
   */
  tasks: string | readonly (string | AnyTask)[]
  /** What tasks find on `ctx`: opened once for each executor, closed at shutdown. */
  resources?: Partial<ResourceFactories>
  /**
   * `import.meta.url` of the module that calls this. Executor threads load that module to find
   * tasks and resources, so it must do nothing else. Without it, tasks run in the worker's own
   * thread, where a busy loop cannot be ended.
   */
  module?: string
  worker?: WorkerSettings
  /** The bearer token with every permission; without it the API answers nobody. */
  adminToken?: string
  /** Default: pino at level `warn`. */
  logger?: Logger
}

export interface WorkerSettings {
  /** How many jobs run at the same time. Default: 10. */
  concurrency?: number
  /** Only these queues. Default: every queue. */
  queues?: readonly string[]
  /** How long a worker may be silent before its jobs are given to others. Default: `'15s'`. */
  lease?: Duration
  /** How often waiting jobs are looked for without a signal. Default: `'1s'`. */
  poll?: Duration
  /** How long running jobs may take to finish when the worker is stopped. Default: `'10s'`. */
  shutdownGrace?: Duration
  /** How long a cancelled task may take to stop before its executor is ended. Default: `'10s'`. */
  cancelGrace?: Duration
}

interface Opened {
  store: Store
  client: Client
  registry: TaskRegistry
}

type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * Tasks, the store that keeps their jobs, a worker and the HTTP API, in one object. Nothing is
 * opened before it is needed.
 *
 * @example
 * export const backbeat = createBackbeat({ module: import.meta.url, tasks: './modules/*\/tasks.ts' })
 */
export class Backbeat {
  readonly #options: BackbeatOptions
  readonly #application: Application
  readonly #logger: Logger
  #opened: Promise<Opened> | undefined
  #http: Promise<FetchHandler> | undefined
  #worker: Promise<LocalWorker> | undefined

  constructor(options: BackbeatOptions) {
    this.#options = options
    this.#logger = options.logger ?? pino({ name: 'backbeat', level: 'warn' })
    this.#application = new Application(options.tasks, options.resources, options.module)
    if (options.module) registerApplication(options.module, this.#application)
  }

  /**
   * Loads the tasks, opens the store, and returns the client, with which jobs are asked about,
   * retried and cancelled. Everything else opens by itself; call it to learn early what cannot work.
   *
   * @throws BackbeatError naming the task, file or store that cannot be used
   */
  async open(): Promise<Client> {
    const { client } = await this.#open()
    return client
  }

  /** Stores a job for a worker to run. Throws as {@link Client.enqueue} does. */
  async enqueue<Schema extends StandardSchemaV1, Result extends TaskResult>(
    task: Task<Schema, Result>,
    input: StandardSchemaV1.InferInput<Schema>,
    options?: EnqueueOptions,
  ): Promise<JobHandle> {
    const { client } = await this.#open()
    return client.enqueue(task, input, options)
  }

  /** Stores many jobs of one task in one transaction. Throws as {@link Client.enqueueMany} does. */
  async enqueueMany<Schema extends StandardSchemaV1, Result extends TaskResult>(
    task: Task<Schema, Result>,
    inputs: readonly StandardSchemaV1.InferInput<Schema>[],
    options?: EnqueueOptions,
  ): Promise<JobHandle[]> {
    const { client } = await this.#open()
    return client.enqueueMany(task, inputs, options)
  }

  /** The HTTP API as a Fetch handler, for any framework that takes one. */
  readonly fetch = async (request: Request): Promise<Response> => {
    this.#http ??= this.#openHttp()
    const handle = await this.#http
    return handle(request)
  }

  /** Starts a worker in this process. Called twice, it does nothing the second time. */
  async startWorker(): Promise<void> {
    this.#worker ??= this.#startWorker()
    await this.#worker
  }

  /**
   * Stops the worker and closes the store. Running jobs may finish within the grace period; the
   * rest go back to their queues, which is not a failed attempt.
   */
  async close(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined)
    await worker?.stop()
    const opened = await this.#opened?.catch(() => undefined)
    await opened?.store.close()
    this.#worker = undefined
    this.#http = undefined
    this.#opened = undefined
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openAll()
    return this.#opened
  }

  async #openAll(): Promise<Opened> {
    const registry = await this.#application.registry()
    const store = await openStore(this.#options.store ?? 'sqlite:.data/backbeat.db')
    await store.migrate()
    return { store, client: new Client(store, registry, systemClock), registry }
  }

  /** Loaded only when it is asked for: executors and scripts have no use for it. */
  async #openHttp(): Promise<FetchHandler> {
    const opened = await this.#open()
    const { createHttpApp } = await import('./http/app.ts')
    const app = createHttpApp({ ...opened, adminToken: this.#options.adminToken ?? null, logger: this.#logger })
    return (request) => app.fetch(request)
  }

  async #startWorker(): Promise<LocalWorker> {
    const { store, registry } = await this.#open()
    const { concurrency = 10, queues, lease, poll, shutdownGrace, cancelGrace } = this.#options.worker ?? {}
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new BackbeatError(
        'invalid_option',
        `worker.concurrency is ${concurrency}. Give a whole number of at least 1.`,
      )
    }
    const worker = new LocalWorker({
      store,
      application: this.#application,
      registry,
      module: this.#options.module,
      clock: systemClock,
      logger: this.#logger,
      name: `${hostname()}:${process.pid}:${uuidv7().slice(-6)}`,
      concurrency,
      queues: queues ?? null,
      leaseMs: toMs(lease ?? '15s', 'worker.lease'),
      pollMs: toMs(poll ?? '1s', 'worker.poll'),
      shutdownGraceMs: toMs(shutdownGrace ?? '10s', 'worker.shutdownGrace'),
      cancelGraceMs: toMs(cancelGrace ?? '10s', 'worker.cancelGrace'),
    })
    await worker.start()
    return worker
  }
}

/** Creates a {@link Backbeat}. Cheap: nothing is opened before it is needed. */
export function createBackbeat(options: BackbeatOptions): Backbeat {
  return new Backbeat(options)
}
