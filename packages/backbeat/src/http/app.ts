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
import type { Store } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { noteArrival } from './arrival.ts'
import { type Authenticate, authentication } from './auth.ts'
import type { HttpEnv, HttpParts, HttpRouter } from './http-parts.ts'
import { Links } from './links.ts'
import { refuseOtherMethods } from './methods.ts'
import { addOpenApiRoute } from './openapi.ts'
import { ProblemWriter } from './problem.ts'
import { InvalidRequestError } from './request-errors.ts'
import { addActionRoutes } from './routes/actions.ts'
import { addAuditLogRoute } from './routes/audit-log.ts'
import { addEventRoutes } from './routes/events.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addJobRoutes } from './routes/job.ts'
import { addListRoute } from './routes/list.ts'
import { addSessionRoutes, addSignInRoute } from './routes/session.ts'
import { addTokenRoutes } from './routes/tokens.ts'
import { addTriggerRoute, taskTypeOf } from './routes/trigger.ts'
import { addUserRoutes } from './routes/users.ts'
import { securityHeaders } from './security-headers.ts'
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
  /** What the framework around strips from the path before it calls `fetch`, such as `/backbeat`. Default: nothing. */
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
  const links = new Links(basePath)
  const { trustedOrigins = [], trustProxy = false, signsDeveloperIn = () => false } = options
  const hasher = options.hasher ?? new PasswordHasher()
  const users = new Users(store.access, hasher)
  const tokens = new Tokens(store.access)
  const sessions = new Sessions(store.access, hasher)
  const parts: HttpParts = { client, store, registry, links, maxBodyBytes, users, tokens, sessions }
  const problems = new ProblemWriter(links, logger)

  const app = new OpenAPIHono<HttpEnv>({
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

  app.use(noteArrival({ audit: store.access, logger, trustProxy }))

  // The order is the order of matching: what stands above the authentication is public.
  addHealthRoutes(app, store, logger)
  addOpenApiRoute(app, links)
  refuseOtherMethods(app)
  addSignInRoute(app, { ...parts, trustedOrigins })

  app.use(
    authentication({
      adminToken,
      authenticate: options.authenticate,
      tokens,
      sessions,
      trustedOrigins,
      signsDeveloperIn,
      clock: options.clock,
    }),
  )
  addListRoute(app, parts)
  // Before the route of one job, whose path fits too.
  addEventRoutes(app, parts)
  addJobRoutes(app, parts)
  addActionRoutes(app, parts)
  addSessionRoutes(app, parts)
  addUserRoutes(app, parts)
  addTokenRoutes(app, parts)
  addAuditLogRoute(app, parts)
  refuseOtherMethods(app)

  // Last, because its path fits others too.
  addTriggerRoute(app, parts)
  refuseOtherMethods(app, (c) => {
    const { domain = '', action = '' } = c.req.param()
    registry.get(taskTypeOf({ domain, action }))
  })
  return app
}
