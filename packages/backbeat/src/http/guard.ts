import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { requireEveryTask, requirePermission } from '../access/decisions.ts'
import type { Permission } from '../access/permissions.ts'
import { recordsChanges } from './audit.ts'
import type { HttpEnv } from './http-parts.ts'
import { problems } from './schemas/problem.ts'

/** The ways to say who asks; one of them is enough. */
const SECURITY = [{ bearer: [] }, { cookie: [] }]

/**
 * What a route asks of who calls it: a permission; `known` for anybody who is known, where the route
 * itself decides by what it is asked for.
 */
export type Needed = Permission | 'known'

type Route<Path extends string> = Omit<RouteConfig, 'path'> & { path: Path }

export interface GuardOptions {
  /** The handler looks at which tasks its caller is limited to. Without it, who is limited to some is refused. */
  checksTasks?: boolean
}

/**
 * A route that is not public. Says in the OpenAPI document what it asks of its caller, and checks
 * that before anything else of the request is looked at. What it changes is written to the audit log.
 *
 * @example
 * const pauseRoute = guardedRoute('background_tasks.manage', { method: 'post', path: '…', responses: { … } })
 */
export function guardedRoute<Path extends string, const R extends Route<Path>>(
  needed: Needed,
  route: R,
  { checksTasks = needed === 'known' }: GuardOptions = {},
) {
  const described = {
    ...route,
    security: SECURITY,
    'x-permission': needed === 'known' ? null : needed,
    middleware: [
      requires(needed, checksTasks),
      ...(needed !== 'known' && route.method !== 'get' ? [recordsChanges(route.operationId ?? route.path)] : []),
    ],
    responses: { ...problems(401, 403), ...route.responses },
  }
  return createRoute(described as unknown as R)
}

function requires(needed: Needed, checksTasks: boolean): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const principal = c.get('principal')
    if (needed !== 'known') requirePermission(principal, needed)
    if (!checksTasks) requireEveryTask(principal)
    await next()
  }
}
