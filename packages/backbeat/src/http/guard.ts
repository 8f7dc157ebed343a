import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { requirePermission } from '../access/decisions.ts'
import type { Permission } from '../access/permissions.ts'
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

/**
 * A route that is not public. Says in the OpenAPI document what it asks of its caller, and checks
 * that before anything else of the request is looked at.
 *
 * @example
 * const pauseRoute = guardedRoute('background_tasks.manage', { method: 'post', path: '…', responses: { … } })
 */
export function guardedRoute<Path extends string, const R extends Route<Path>>(needed: Needed, route: R) {
  const described = {
    ...route,
    security: SECURITY,
    'x-permission': needed === 'known' ? null : needed,
    middleware: needed === 'known' ? [] : requires(needed),
    responses: { ...problems(401, 403), ...route.responses },
  }
  return createRoute(described as unknown as R)
}

function requires(permission: Permission): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    requirePermission(c.get('principal'), permission)
    await next()
  }
}
