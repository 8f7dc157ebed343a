import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { type HostPrincipal, hostPrincipal } from '../access/host-principal.ts'
import type { Principal } from '../access/principal.ts'
import { BackbeatError } from '../errors.ts'
import type { HttpEnv } from './http-parts.ts'

/** Asks the application around who it is that asks; `null` for somebody whom it does not know. */
export type Authenticate = (request: Request) => HostPrincipal | null | Promise<HostPrincipal | null>

export interface AuthenticationOptions {
  /** `null` or empty where none is configured. */
  adminToken: string | null
  authenticate?: Authenticate | undefined
}

const ADMIN: Principal = {
  kind: 'token',
  name: 'admin',
  permission: 'background_tasks.admin',
  tasks: null,
  starts: [],
}

/**
 * Finds out who asks, before anything else of a request is looked at, and lets nobody pass who is
 * not known.
 */
export function authentication({ adminToken, authenticate }: AuthenticationOptions): MiddlewareHandler<HttpEnv> {
  const expected = adminToken ? digest(adminToken) : undefined

  const identify = async (request: Request): Promise<Principal> => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token !== undefined && expected && timingSafeEqual(digest(token), expected)) return ADMIN
    const host = authenticate && (await authenticate(request))
    if (host) return hostPrincipal(host)
    if (!expected && !authenticate) {
      throw unauthenticated(
        'No way to sign in is configured, so nobody is let in. Set BACKBEAT_ADMIN_TOKEN and restart.',
      )
    }
    throw unauthenticated(
      token === undefined ? 'Send the header "Authorization: Bearer <token>".' : 'The bearer token is not valid.',
    )
  }

  return async (c, next) => {
    c.set('principal', await identify(c.req.raw))
    await next()
  }
}

/** Digests have one length, so that comparing them tells nothing about the token's. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function unauthenticated(message: string): BackbeatError {
  return new BackbeatError('unauthenticated', message, { status: 401 })
}
