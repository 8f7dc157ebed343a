import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { BackbeatError } from '../errors.ts'
import type { HttpEnv } from './http-parts.ts'

/**
 * Lets only requests pass that carry the admin token, before anything else of them is looked at.
 *
 * @param adminToken `null` or empty where none is configured; nobody passes then
 */
export function bearerAuth(adminToken: string | null): MiddlewareHandler<HttpEnv> {
  const expected = adminToken ? digest(adminToken) : undefined
  return async (c, next) => {
    if (!expected) {
      throw unauthenticated('No admin token is configured, so nobody is let in. Set BACKBEAT_ADMIN_TOKEN and restart.')
    }
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (given === undefined) throw unauthenticated('Send the header "Authorization: Bearer <token>".')
    if (!timingSafeEqual(digest(given), expected)) throw unauthenticated('The bearer token is not valid.')
    c.set('principal', { name: 'admin' })
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
