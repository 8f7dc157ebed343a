import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { type HostPrincipal, hostPrincipal } from '../access/host-principal.ts'
import type { Principal } from '../access/principal.ts'
import type { Sessions } from '../auth/sessions.ts'
import { ADMIN_TOKEN_NAME, type Tokens } from '../auth/tokens.ts'
import { type Clock, systemClock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import { sessionSecret } from './cookies.ts'
import type { HttpEnv } from './http-parts.ts'
import { isLocalRequest, requireSameOrigin } from './origin.ts'
import { isEndless, watchedStream } from './watched-stream.ts'

/** Asks the application around who it is that asks; `null` for somebody whom it does not know. */
export type Authenticate = (request: Request) => HostPrincipal | null | Promise<HostPrincipal | null>

export interface AuthenticationOptions {
  /** `null` or empty where none is configured. */
  adminToken: string | null
  authenticate?: Authenticate | undefined
  tokens: Tokens
  sessions: Sessions
  /** Sites whose pages may use a browser's session here. */
  trustedOrigins: readonly string[]
  /** Whether whoever reaches this machine's own address is its developer. */
  signsDeveloperIn: () => boolean
  /** Times the looks at whether who reads a stream still may. Default: the system's. */
  clock?: Clock | undefined
}

const ADMIN: Principal = {
  kind: 'token',
  name: ADMIN_TOKEN_NAME,
  permission: 'background_tasks.admin',
  tasks: null,
  starts: [],
}

const DEVELOPER: Principal = { ...ADMIN, kind: 'developer', name: 'developer' }

const HOW =
  'Send the header "Authorization: Bearer <token>", or sign in with POST /api/v1/admin/session. The first token is what BACKBEAT_ADMIN_TOKEN sets; "backbeat users add" and "backbeat tokens create" make others.'

/**
 * Finds out who asks, before anything else of a request is looked at, and lets nobody pass who is
 * not known.
 */
export function authentication(options: AuthenticationOptions): MiddlewareHandler<HttpEnv> {
  const { adminToken, authenticate, tokens, sessions, trustedOrigins, signsDeveloperIn, clock = systemClock } = options
  const expected = adminToken ? digest(adminToken) : undefined

  const byToken = async (token: string): Promise<Principal | undefined> => {
    if (expected && timingSafeEqual(digest(token), expected)) return ADMIN
    return tokens.identify(token)
  }

  const byHost = async (request: Request): Promise<Principal | undefined> => {
    const host = authenticate && (await authenticate(request))
    if (!host) return undefined
    requireSameOrigin(request, trustedOrigins)
    return hostPrincipal(host)
  }

  /** A browser sends its session without being asked, so it must not be moved to by another site. */
  const bySession = async (c: Context<HttpEnv>): Promise<Principal | undefined> => {
    const secret = sessionSecret(c)
    const user = secret === null ? undefined : await sessions.identify(secret)
    if (user) requireSameOrigin(c.req.raw, trustedOrigins)
    return user
  }

  const developer = (request: Request): Principal | undefined => {
    if (!signsDeveloperIn() || !isLocalRequest(request)) return undefined
    requireSameOrigin(request, trustedOrigins)
    return DEVELOPER
  }

  const identify = async (c: Context<HttpEnv>): Promise<Principal> => {
    const request = c.req.raw
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const principal =
      token === undefined
        ? ((await bySession(c)) ?? (await byHost(request)) ?? developer(request))
        : ((await byToken(token)) ?? (await byHost(request)))
    if (principal) return principal
    throw unauthenticated(token === undefined ? HOW : `The bearer token is not valid. ${HOW}`)
  }

  return async (c, next) => {
    const principal = await identify(c)
    c.set('principal', principal)
    await next()
    if (!isEndless(c.res)) return
    const rights = JSON.stringify(principal)
    c.res = watchedStream(c.res, async () => JSON.stringify(await identify(c)) === rights, clock)
  }
}

/** Digests have one length, so that comparing them tells nothing about the token's. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function unauthenticated(message: string): BackbeatError {
  return new BackbeatError('unauthenticated', message, { status: 401 })
}
