import type { Context, MiddlewareHandler } from 'hono'
import { starterName } from '../access/principal.ts'
import { type Actor, auditEntry } from '../auth/actor.ts'
import type { HttpEnv } from './http-parts.ts'

/** Who changes something with this request, and from where. */
export function actorOf(c: Context<HttpEnv>): Actor {
  return { ...originOf(c), name: starterName(c.get('principal')) }
}

/** Where this request comes from. */
export function originOf(c: Context<HttpEnv>): Omit<Actor, 'name'> {
  return { requestId: c.get('requestId'), address: c.get('address') }
}

/**
 * Writes what was changed to the audit log, for every route that changes something and has not
 * written it together with the change.
 *
 * @param operation what the change is called where the handler does not say
 */
export function recordsChanges(operation: string): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    await next()
    if (!c.res.ok || c.get('isAudited')) return
    const { action = operation, subject = c.req.path, ...values } = c.get('change') ?? {}
    try {
      await c.get('audit').recordAudit(auditEntry(actorOf(c), { ...values, action, subject }))
    } catch (error) {
      // The change is made: an answer that says otherwise would have it made again.
      c.get('log').error(
        { err: error, action, subject, request_id: c.get('requestId') },
        'A change is not in the audit log',
      )
    }
  }
}
