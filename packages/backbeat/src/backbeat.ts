import { hostname } from 'node:os'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Logger, pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { Application, registerApplication } from './application.ts'
import type { AccessControl } from './auth/access-control.ts'
import { signsDeveloperIn } from './auth/exposure.ts'
import { checkProduction } from './auth/production.ts'
import { hasAccounts } from './auth/tokens.ts'
import type { BackbeatOptions } from './backbeat-options.ts'
import { Client, type JobHandle } from './client/client.ts'
import type { EnqueueOptions } from './client/new-job.ts'
import { systemClock } from './clock.ts'
import { toMs } from './duration.ts'
import { checkedSettings, shownSettings, type WorkerSettings } from './local-settings.ts'
import { LocalWorker } from './local-worker.ts'
import { openStore } from './open-store.ts'
import { openVault } from './open-vault.ts'
import { secretMissing, type Vault } from './redaction/vault.ts'
import type { Store } from './store/store.ts'
import type { Task, TaskResult } from './task/define.ts'
import { type NotificationPolicy, notificationPolicy } from './task/notify.ts'
import type { TaskRegistry } from './task/registry.ts'
import { noStats, type WorkerStats } from './worker/stats.ts'

const DEFAULT_STORE = 'sqlite:.data/backbeat.db'
const DEFAULT_AUDIT_RETENTION = '365d'

/** Marks what {@link createBackbeat} returns, also across two copies of this package. */
const BACKBEAT = Symbol.for('backbeat.backbeat')

interface Opened {
  store: Store
  client: Client
  registry: TaskRegistry
}

type FetchHandler = (request: Request, env?: unknown) => Response | Promise<Response>

/**
 * Tasks, the store that keeps their jobs, a worker and the HTTP API, in one object. Nothing is
 * opened before it is needed.
 *
 * @example
 * export const backbeat = createBackbeat({ module: import.meta.url, tasks: './modules/*\/tasks.ts' })
 */
export class Backbeat {
  readonly [BACKBEAT] = true
  readonly #options: BackbeatOptions
  readonly #openStore: typeof openStore
  readonly #application: Application
  readonly #logger: Logger
  readonly #stats = noStats()
  readonly #vault: Vault
  readonly #auditKeptMs: number
  readonly #notifications: NotificationPolicy
  #opened: Promise<Opened> | undefined
  #http: Promise<FetchHandler> | undefined
  #worker: Promise<LocalWorker> | undefined
  #signsDeveloperIn = false

  /** @param parts stand in for parts of this package, in its own tests; see {@link createBackbeat} */
  constructor(options: BackbeatOptions, parts: { openStore?: typeof openStore } = {}) {
    this.#options = options
    this.#openStore = parts.openStore ?? openStore
    this.#auditKeptMs = toMs(options.auditRetention ?? DEFAULT_AUDIT_RETENTION, 'auditRetention')
    this.#notifications = notificationPolicy(options.notifications)
    this.#logger = options.logger ?? pino({ name: 'backbeat', level: 'warn' })
    this.#vault = openVault({
      secret: this.#secret,
      store: options.store ?? DEFAULT_STORE,
      isProduction: this.#isProduction,
    })
    this.#application = new Application(
      options.tasks,
      options.resources,
      options.module,
      this.#vault,
      this.#notifications.on,
    )
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

  /**
   * The HTTP API as a Fetch handler, for any framework that takes one.
   *
   * @param env what the server knows of the connection: `{ address }`, or what `@hono/node-server` hands on
   */
  readonly fetch = async (request: Request, env?: unknown): Promise<Response> => {
    this.#http ??= this.#openHttp()
    const handle = await this.#http
    return handle(request, env)
  }

  /**
   * Says where the API will be reached; call it before you listen. On this machine alone, and where
   * there is no other way to sign in, whoever reaches it is then signed in as its developer, and a
   * line in the log says so.
   *
   * @param options.host the host name or address that is listened on
   * @returns whether that is so
   * @throws BackbeatError `no_credentials` where others could reach it and nobody could sign in
   * @example
   * await backbeat.expose({ host: '0.0.0.0' })
   */
  async expose({ host }: { host: string }): Promise<boolean> {
    const { store } = await this.#open()
    this.#signsDeveloperIn = signsDeveloperIn({
      host,
      isProduction: this.#isProduction,
      hasAdminToken: this.#adminToken !== undefined,
      hasAuthenticate: this.#options.authenticate !== undefined,
      hasAccounts: await hasAccounts(store.access),
    })
    if (this.#signsDeveloperIn) {
      this.#logger.warn(
        `Whoever reaches ${host} is signed in as the developer, with every permission. Set BACKBEAT_ADMIN_TOKEN or add a user to change that.`,
      )
    }
    return this.#signsDeveloperIn
  }

  /** The users and tokens of the API, for scripts. The commands `backbeat users` and `backbeat tokens` use it. */
  async openAccess(): Promise<AccessControl> {
    const { store } = await this.#open()
    const { AccessControl } = await import('./auth/access-control.ts')
    return new AccessControl(store.access)
  }

  /**
   * Starts a worker in this process. Called twice, it does nothing the second time.
   *
   * @param settings take the place of those that were given to {@link createBackbeat}
   * @throws BackbeatError naming the setting, task, file, resource or store that cannot be used
   */
  async startWorker(settings: WorkerSettings = {}): Promise<void> {
    this.#worker ??= this.#startWorker(settings)
    await this.#worker
  }

  /**
   * Resolves when the worker that was started here has stopped: because {@link close} was called, or
   * because an operator asked it to. At once where none was started.
   */
  async workerStopped(): Promise<void> {
    const worker = await this.#worker
    await worker?.stopped
  }

  /**
   * What this process's worker has done since the process started; all of it 0 where none was.
   * Another process's worker has numbers of its own.
   *
   * @example
   * const { claimed, settled, refused } = backbeat.workerStats()
   */
  workerStats(): WorkerStats {
    return structuredClone(this.#stats)
  }

  /**
   * Stops the worker and closes the store. Running jobs may finish within the grace period; the
   * rest go back to their queues, which is not a failed attempt.
   */
  async close(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined)
    await worker?.stop()
    const opened = await this.#opened?.catch(() => undefined)
    await opened?.client.events.close()
    await opened?.store.close()
    this.#worker = undefined
    this.#http = undefined
    this.#opened = undefined
  }

  get #secret(): string | undefined {
    return (this.#options.secret ?? process.env.BACKBEAT_SECRET) || undefined
  }

  get #adminToken(): string | undefined {
    return (this.#options.adminToken ?? process.env.BACKBEAT_ADMIN_TOKEN) || undefined
  }

  get #isProduction(): boolean {
    return this.#options.production ?? process.env.NODE_ENV === 'production'
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#openAll()
    return this.#opened
  }

  async #openAll(): Promise<Opened> {
    const registry = await this.#application.registry()
    if (this.#isProduction) {
      const { store, metricsToken, allowLocal = process.env.BACKBEAT_ALLOW_LOCAL === 'true' } = this.#options
      const secrets = { adminToken: this.#adminToken, secret: this.#secret, metricsToken: metricsToken || undefined }
      const local = checkProduction({ services: { store }, secrets, allowsLocal: allowLocal })
      if (local.length > 0) {
        this.#logger.warn(
          `In production, and yet on this machine only, because BACKBEAT_ALLOW_LOCAL says so: ${local.join(', ')}`,
        )
      }
    }
    const sealing = registry.all().find(({ redaction }) => redaction.hidden.length > 0)
    if (sealing && !this.#vault.canSeal)
      throw secretMissing(`The task ${sealing.name} says what to redact in its input`)
    const store = await this.#openStore(this.#options.store ?? DEFAULT_STORE)
    await store.migrate()
    return { store, client: new Client(store, registry, systemClock, this.#vault), registry }
  }

  /** Loaded only when it is asked for: executors and scripts have no use for it. */
  async #openHttp(): Promise<FetchHandler> {
    const opened = await this.#open()
    const { createHttpApp } = await import('./http/app.ts')
    const { metricsToken, basePath = '', authenticate, trustedOrigins, trustProxy } = this.#options
    const workerSettings = shownSettings(checkedSettings(this.#options.worker ?? {}))
    const app = createHttpApp({
      ...opened,
      workerSettings,
      metricsToken,
      basePath,
      adminToken: this.#adminToken ?? null,
      authenticate,
      trustedOrigins,
      trustProxy,
      signsDeveloperIn: () => this.#signsDeveloperIn,
      logger: this.#logger,
    })
    return (request, env) => app.fetch(request, env as object | undefined)
  }

  async #startWorker(overrides: WorkerSettings): Promise<LocalWorker> {
    const settings = checkedSettings({ ...this.#options.worker, ...overrides })
    const { store, client, registry } = await this.#open()
    const worker = new LocalWorker({
      store,
      application: this.#application,
      registry,
      module: this.#options.module,
      clock: systemClock,
      logger: this.#logger,
      name: `${hostname()}:${process.pid}:${uuidv7().slice(-6)}`,
      settings,
      stats: this.#stats,
      auditKeptMs: this.#auditKeptMs,
      notificationsKeptMs: this.#notifications.keptMs,
    })
    await worker.start()
    client.handOverTo(worker)
    // Asked to stop by an operator, it makes room for another.
    void worker.stopped.then(() => {
      client.handOverTo(null)
      this.#worker = undefined
    })
    return worker
  }
}

/** Creates a {@link Backbeat}. Cheap: nothing is opened before it is needed. */
export function createBackbeat(options: BackbeatOptions): Backbeat {
  return new Backbeat(options)
}

/** Whether a module's export was made by {@link createBackbeat}. */
export function isBackbeat(value: unknown): value is Backbeat {
  return typeof value === 'object' && value !== null && BACKBEAT in value
}
