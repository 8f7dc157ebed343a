import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

/** So long a browser remembers that it may ask. */
const MAX_AGE_SECONDS = 600

/**
 * Has browsers let pages of other sites read what is answered, and send what is not a plain form, with
 * the session that they hold here. To pages of any other site it says nothing.
 *
 * @param origins such as `https://app.example.com`
 */
export function sharedWith(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposeHeaders: ['Location', 'Retry-After', 'X-Request-Id'],
    maxAge: MAX_AGE_SECONDS,
  })
}
