import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from './http-parts.ts'

/** Answers that no browser should show as a page. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Pages may use what this server serves, and no script that is written into them. */
const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  // Component libraries set styles on elements; a style cannot read or send what it is applied to.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

const HSTS = 'max-age=31536000'

/**
 * Says on every answer what a browser must not do with it. A handler that sets one of these headers
 * itself has it kept.
 *
 * @param trustProxy whether X-Forwarded-Proto tells whether the browser used TLS
 */
export function securityHeaders(trustProxy: boolean): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    await next()
    const isPage = c.res.headers.get('content-type')?.startsWith('text/html') === true
    const headers = {
      ...HEADERS,
      'Content-Security-Policy': isPage ? PAGE_POLICY : DATA_POLICY,
      'Cache-Control': 'no-store',
      ...(isOverTls(c.req.raw, trustProxy) && { 'Strict-Transport-Security': HSTS }),
    }
    for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value)
  }
}

function isOverTls(request: Request, trustProxy: boolean): boolean {
  if (new URL(request.url).protocol === 'https:') return true
  return trustProxy && request.headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim() === 'https'
}
