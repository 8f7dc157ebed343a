import { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import { PasswordHasher } from '../auth/password.ts'
import { Sessions } from '../auth/sessions.ts'
import { Tokens } from '../auth/tokens.ts'
import { Users } from '../auth/users.ts'
import type { Client } from '../client/client.ts'
import { MAX_INPUT_BYTES } from '../client/new-job.ts'
import type { Clock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Store } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { noteArrival } from './arrival.ts'
import { type Authenticate, authentication } from './auth.ts'
import { checkedBasePath, pathWithin } from './base-path.ts'
import type { HttpEnv, HttpParts, HttpRouter } from './http-parts.ts'
import { Links } from './links.ts'
import { refuseOtherMethods } from './methods.ts'
import { addOpenApiRoute } from './openapi.ts'
import { ProblemWriter } from './problem.ts'
import { InvalidRequestError } from './request-errors.ts'
import { addActionRoutes } from './routes/actions.ts'
import { addAuditLogRoute } from './routes/audit-log.ts'
import { addBulkRoute } from './routes/bulk.ts'
import { addDashboardRoutes } from './routes/dashboard.ts'
import { addDocsRoutes } from './routes/docs.ts'
import { addErrorsRoute } from './routes/errors.ts'
import { addEventRoutes } from './routes/events.ts'
import { addExplainRoute } from './routes/explain.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addJobRoutes } from './routes/job.ts'
import { addListRoute } from './routes/list.ts'
import { addMetricsRoute } from './routes/metrics.ts'
import { addNotificationRoutes } from './routes/notifications.ts'
import { addQueueRoutes } from './routes/queues.ts'
import { addRunningRoute } from './routes/running.ts'
import { addSessionRoutes, addSignInRoute } from './routes/session.ts'
import { addSettingsRoute } from './routes/settings.ts'
import { addStatsRoute } from './routes/stats.ts'
import { addStoreHealthRoute } from './routes/store-health.ts'
import { addTasksRoute } from './routes/tasks.ts'
import { addTokenRoutes } from './routes/tokens.ts'
import { addTriggerRoute, taskTypeOf } from './routes/trigger.ts'
import { addUserRoutes } from './routes/users.ts'
import { addWorkerRoutes } from './routes/workers.ts'
import { securityHeaders } from './security-headers.ts'
import { sharedWith } from './shared-with.ts'
import { issuesOf } from './zod-issues.ts'

export interface HttpAppParts {
  client: Client
  store: Store
  registry: TaskRegistry
  /** The bearer token that may do everything; `null` where none is configured. */
  adminToken: string | null
  /** Asks the application around who it is that asks. */
  authenticate?: Authenticate | undefined
  /** Sites whose pages may use a browser's session here, such as `https://app.example.com`. Default: only this one. */
  trustedOrigins?: readonly string[] | undefined
  /** Whether a proxy in front sets X-Forwarded-For. Default: false. */
  trustProxy?: boolean | undefined
  /** Whether whoever reaches this machine's own address is its developer. Default: never. */
  signsDeveloperIn?: () => boolean
  /** Default: the system's. */
  clock?: Clock
  /** Default: one that hashes as slowly as it should. */
  hasher?: PasswordHasher
  logger: Logger
  /** Default: the largest input that is stored. */
  maxBodyBytes?: number
  /** The bearer token that may read the metrics, and nothing else. Default: none. */
  metricsToken?: string | undefined
  /** What a worker of this application starts with, for people to read. Default: nothing is said. */
  workerSettings?: Record<string, Json>
  /** Below which path the API is mounted, such as `/backbeat`. Default: at the root. */
  basePath?: string
}

/**
 * The HTTP API as a Fetch-style app.
 *
 * @example
 * const app = createHttpApp({ client, store, registry, adminToken, logger })
 * const response = await app.fetch(new Request('http://localhost/healthz'))
 */
export function createHttpApp(options: HttpAppParts): HttpRouter {
  const { client, store, registry, adminToken, logger, maxBodyBytes = MAX_INPUT_BYTES, basePath = '' } = options
  const links = new Links(checkedBasePath(basePath))
  const { workerSettings = {} } = options
  const { trustedOrigins = [], trustProxy = false, signsDeveloperIn = () => false } = options
  const hasher = options.hasher ?? new PasswordHasher()
  const users = new Users(store.access, hasher)
  const tokens = new Tokens(store.access)
  const sessions = new Sessions(store.access, hasher)
  const parts: HttpParts = { client, store, registry, links, maxBodyBytes, users, tokens, sessions, workerSettings }
  const problems = new ProblemWriter(links, logger)

  const app = new OpenAPIHono<HttpEnv>({
    getPath: pathWithin(basePath),
    defaultHook: (result) => {
      if (!result.success) throw new InvalidRequestError('invalid_query', issuesOf(result.error))
    },
  })
  app.onError((error, c) => problems.write(c, error))
  app.notFound((c) =>
    problems.write(
      c,
      new BackbeatError('not_found', 'There is nothing at this path. See /openapi.json.', { status: 404 }),
    ),
  )
  app.use(securityHeaders(trustProxy))
  app.use(async (c, next) => {
    try {
      await next()
    } catch (thrown) {
      // Hono hands on only instances of Error; a task's own code may throw anything.
      c.res = problems.write(c, thrown)
    }
  })

  if (trustedOrigins.length > 0) app.use(sharedWith(trustedOrigins))

  app.use(noteArrival({ audit: store.access, logger, trustProxy }))

  const identify = authentication({
    adminToken,
    authenticate: options.authenticate,
    tokens,
    sessions,
    trustedOrigins,
    signsDeveloperIn,
    clock: options.clock,
  })

  // The order is the order of matching: what stands above the authentication is public.
  addHealthRoutes(app, store, logger)
  addOpenApiRoute(app, { links, registry, identify })
  addDocsRoutes(app)
  addDashboardRoutes(app)
  addMetricsRoute(app, { store, metricsToken: options.metricsToken ?? null, identify })
  refuseOtherMethods(app)
  addSignInRoute(app, { ...parts, trustedOrigins })

  app.use(identify)
  addSessionRoutes(app, parts)
  addUserRoutes(app, parts)
  addTokenRoutes(app, parts)
  addAuditLogRoute(app, parts)
  addListRoute(app, parts)
  // Before those of a job, whose id their last word could be.
  addEventRoutes(app, parts)
  addRunningRoute(app, parts)
  addStatsRoute(app, parts)
  addQueueRoutes(app, parts)
  addWorkerRoutes(app, parts)
  addTasksRoute(app, parts)
  addErrorsRoute(app, parts)
  addNotificationRoutes(app, parts)
  addBulkRoute(app, parts)
  addSettingsRoute(app, parts)
  addStoreHealthRoute(app, parts)
  refuseOtherMethods(app)
  addJobRoutes(app, parts)
  addActionRoutes(app, parts)
  addExplainRoute(app, parts)
  refuseOtherMethods(app)

  // Last, because its path fits others too.
  addTriggerRoute(app, parts)
  refuseOtherMethods(app, (c) => {
    const { domain = '', action = '' } = c.req.param()
    registry.get(taskTypeOf({ domain, action }))
  })
  return app
}
