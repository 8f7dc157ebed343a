import type { Context } from 'hono'
import type { HttpEnv, HttpRouter } from './http-parts.ts'
import { MethodNotAllowedError } from './request-errors.ts'

/**
 * Answers every other method of the paths that the app documents so far with 405. Called again, it
 * adds the paths that came since.
 *
 * @param look called before the answer; may throw a better reason
 */
export function refuseOtherMethods(app: HttpRouter, look?: (c: Context<HttpEnv>) => void): void {
  const sealed = new Set(app.routes.filter(({ method }) => method === 'ALL').map(({ path }) => path))
  for (const [path, allowed] of methodsByPath(app)) {
    if (sealed.has(path)) continue
    app.all(path, (c) => {
      look?.(c)
      throw new MethodNotAllowedError(c.req.method, allowed)
    })
  }
}

function methodsByPath(app: HttpRouter): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue
    const known = methods.get(path) ?? []
    const more = method === 'GET' ? ['GET', 'HEAD'] : [method]
    methods.set(path, [...new Set([...known, ...more])])
  }
  return methods
}
