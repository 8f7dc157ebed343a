import type { Context, MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import type { AuditRecords } from '../store/store.ts'
import type { HttpEnv } from './http-parts.ts'

const REQUEST_ID = /^[\w.:-]{1,100}$/
const ADDRESS = /^[\da-fA-F:.%\w]{2,60}$/

export interface ArrivalOptions {
  audit: AuditRecords
  logger: Logger
  /** Whether a proxy stands in front, so that the last address of X-Forwarded-For is the client's. */
  trustProxy: boolean
}

/** Notes of each request what it is called and where it comes from. */
export function noteArrival({ audit, logger, trustProxy }: ArrivalOptions): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const given = c.req.header('x-request-id')
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : uuidv7()
    c.set('requestId', requestId)
    c.set('address', addressOf(c, trustProxy))
    c.set('audit', audit)
    c.set('log', logger)
    c.header('X-Request-Id', requestId)
    await next()
  }
}

/** What the server around says of the connection; servers of Node hand it on as `incoming`. */
function addressOf(c: Context<HttpEnv>, trustProxy: boolean): string | null {
  const forwarded = trustProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  if (forwarded !== undefined && ADDRESS.test(forwarded)) return forwarded
  const env = c.env as { address?: unknown; incoming?: { socket?: { remoteAddress?: unknown } } } | undefined
  const address = env?.address ?? env?.incoming?.socket?.remoteAddress
  return typeof address === 'string' ? address : null
}
