import type { Logger } from 'pino'
import type { ResourceFactories } from './application.ts'
import type { Duration } from './duration.ts'
import type { Authenticate } from './http/auth.ts'
import type { WorkerSettings } from './local-settings.ts'
import type { AnyTask } from './task/define.ts'
import type { NotificationOptions } from './task/notify.ts'

/** What `createBackbeat` is called with. */
export interface BackbeatOptions {
  /** Where records are kept: `sqlite:<file>`, `sqlite::memory:` or `postgres://…`. Default: `sqlite:.data/backbeat.db`. */
  store?: string
  /**
   * Globs for the files that define tasks, relative to `module`'s folder (without it, to the
   * current one), or tasks themselves.
   */
  tasks: string | readonly (string | AnyTask)[]
  /** What tasks find on `ctx`: opened once for each executor, closed at shutdown. */
  resources?: Partial<ResourceFactories>
  /**
   * `import.meta.url` of the module that calls this. Executors load that module to find tasks and
   * resources, so it must do nothing else. Without it, tasks run in the worker's own thread, where
   * a busy loop cannot be ended.
   */
  module?: string
  /** How the worker of this process runs. What is given to `startWorker` counts for more. */
  worker?: WorkerSettings
  /**
   * The bearer token with every permission, under the name `api:admin`. Default: `BACKBEAT_ADMIN_TOKEN`;
   * without it, and with an empty one, there is none.
   */
  adminToken?: string
  /** A bearer token that may read `/metrics`, and nothing else. Default: none. */
  metricsToken?: string
  /** Below which path the API is mounted in your own server, such as `/backbeat`. Default: at the root. */
  basePath?: string
  /**
   * Asks your own session who it is that calls the API; `null` for somebody whom it does not know.
   * The request's body is not for it to read.
   *
   * @example
   * authenticate: async (request) => {
   *   const user = await sessionOf(request.headers.get('cookie'))
   *   return user && { name: user.email, role: user.isAdmin ? 'admin' : 'viewer', starts: ['reports.*'] }
   * }
   */
  authenticate?: Authenticate
  /** Other sites whose pages may use a browser's session here, such as `https://app.example.com`. Default: none. */
  trustedOrigins?: readonly string[]
  /**
   * Seals what is sensitive in inputs while they are stored: a long random text, the same wherever
   * jobs are enqueued or run. Several are separated by commas; the first seals, any of them opens.
   * Default: `BACKBEAT_SECRET`; without it, outside of production, one that is kept beside a SQLite store.
   */
  secret?: string
  /**
   * Whether what is a mistake in production is refused: services of this machine, records in memory,
   * secrets that everybody knows, an API that nobody could sign in to. Default: whether `NODE_ENV` is `production`.
   */
  production?: boolean
  /** Whether services of this machine are meant, also in production. Default: whether `BACKBEAT_ALLOW_LOCAL` is `true`. */
  allowLocal?: boolean
  /** Whether a proxy of yours sets `X-Forwarded-For`, whose last address is then the client's. Default: false. */
  trustProxy?: boolean
  /** How long entries of the audit log are kept; workers remove older ones. Default: `'365d'`. */
  auditRetention?: Duration
  /** What people are told of, below the bell of the dashboard, and for how long. */
  notifications?: NotificationOptions
  /** Default: pino at level `warn`. */
  logger?: Logger
}
