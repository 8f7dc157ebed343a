import { getPath } from 'hono/utils/url'
import { BackbeatError } from '../errors.ts'

/** What every path of the API begins with. */
const ROOTS = /^\/(api\/v1|admin|healthz|readyz|metrics|openapi\.json|docs)(\/|$)/

/**
 * Reads a request's path within the API. A framework may have taken the base path off, as Express and
 * Hono do, or have left it, as Fastify and Next do; both are understood.
 */
export function pathWithin(basePath: string): (request: Request) => string {
  const prefix = basePath.replace(/\/+$/, '')
  return (request) => {
    const path = getPath(request)
    const rest = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path
    // One that was taken off already may look as if it were still there: below /api, /api/v1/… is whole.
    return ROOTS.test(rest) ? rest : path
  }
}

/** @throws BackbeatError `invalid_option` */
export function checkedBasePath(basePath: string): string {
  if (/^(\/[\w.~-]+)*\/?$/.test(basePath)) return basePath
  throw new BackbeatError(
    'invalid_option',
    `basePath is ${JSON.stringify(basePath)}. Give the path below which the API is mounted, such as /backbeat, without a query.`,
  )
}
