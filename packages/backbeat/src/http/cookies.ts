import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import { LIFETIME_MS } from '../auth/sessions.ts'
import { isLocalRequest } from './origin.ts'

/** Browsers take a cookie of this prefix only over TLS, for this host alone, and for all of its paths. */
export const SESSION_COOKIE = '__Host-backbeat_session'
/** On plain HTTP to this machine, where browsers differ in what they call secure. */
const LOCAL_COOKIE = 'backbeat_session'

const OPTIONS = { path: '/', httpOnly: true, sameSite: 'Lax' } satisfies CookieOptions

/** The secret of the session that a request carries. */
export function sessionSecret(c: Context): string | null {
  return getCookie(c, cookieName(c)) || null
}

export function holdSession(c: Context, secret: string): void {
  const secure = !isLocal(c)
  setCookie(c, cookieName(c), secret, { ...OPTIONS, secure, maxAge: LIFETIME_MS / 1000 })
}

export function dropSession(c: Context): void {
  deleteCookie(c, cookieName(c), { ...OPTIONS, secure: !isLocal(c) })
}

function cookieName(c: Context): string {
  return isLocal(c) ? LOCAL_COOKIE : SESSION_COOKIE
}

/** Everything else is taken to be behind TLS, that of a proxy where not our own. */
function isLocal(c: Context): boolean {
  return c.req.url.startsWith('http:') && isLocalRequest(c.req.raw)
}
