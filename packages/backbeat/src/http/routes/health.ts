import { createRoute, z } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import { BackbeatError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { HttpRouter } from '../http-parts.ts'
import { problems } from '../schemas/problem.ts'

const ok = z.object({ status: z.literal('ok') }).openapi('Healthy')

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'isAlive',
  summary: 'Whether this process answers',
  tags: ['Health'],
  security: [],
  responses: { 200: { description: 'It does.', content: { 'application/json': { schema: ok } } } },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'isReady',
  summary: 'Whether the store can be reached and written to',
  tags: ['Health'],
  security: [],
  responses: {
    200: { description: 'It can.', content: { 'application/json': { schema: ok } } },
    ...problems(503),
  },
})

export function addHealthRoutes(app: HttpRouter, store: Store, logger: Logger): void {
  app.openapi(healthRoute, (c) => c.json({ status: 'ok' as const }, 200))

  app.openapi(readyRoute, async (c) => {
    try {
      await store.ping()
    } catch (cause) {
      // Anybody may ask, so the answer does not say which store it is or what is wrong with it.
      logger.warn({ err: cause }, 'The store does not answer')
      throw new BackbeatError('not_ready', 'The store cannot be reached or written to. The log says why.', {
        status: 503,
      })
    }
    return c.json({ status: 'ok' as const }, 200)
  })
}
