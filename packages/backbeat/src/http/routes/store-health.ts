import { BackbeatError } from '../../errors.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOBS_PATH } from '../links.ts'
import { healthSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { shownUrl } from '../shown-url.ts'

const storeHealthRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: `${JOBS_PATH}/health`,
  operationId: 'getHealth',
  summary: 'Whether the database answers, and how quickly',
  tags: ['Operations'],
  request: { query: noQuery },
  responses: {
    200: {
      description: 'Also where the database does not answer.',
      content: { 'application/json': { schema: healthSchema } },
    },
    ...problems(422, 500, 503),
  },
})

export function addStoreHealthRoute(app: HttpRouter, { store }: HttpParts): void {
  app.openapi(storeHealthRoute, async (c) => {
    const url = shownUrl(store.url)
    const began = performance.now()
    try {
      await store.ping()
    } catch (error) {
      if (!(error instanceof BackbeatError)) throw error
      return c.json({ store: { url, reachable: false, latency_ms: null, error: error.message } }, 200)
    }
    const latency_ms = Math.round((performance.now() - began) * 10) / 10
    return c.json({ store: { url, reachable: true, latency_ms, error: null } }, 200)
  })
}
