import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentStats } from '../insight-presenters.ts'
import { JOBS_PATH } from '../links.ts'
import { problems } from '../schemas/problem.ts'
import { statsQuery } from '../schemas/requests.ts'
import { statsSchema } from '../schemas/stats.ts'

const statsRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: `${JOBS_PATH}/stats`,
  operationId: 'getStats',
  summary: 'Counts, rates and a series over time',
  tags: ['Operations'],
  request: { query: statsQuery },
  responses: {
    200: { description: 'How things stand.', content: { 'application/json': { schema: statsSchema } } },
    ...problems(422, 500, 503),
  },
})

export function addStatsRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(statsRoute, async (c) => {
    const { window, task_type } = c.req.valid('query')
    const [overview, series] = await Promise.all([
      client.insights.overview(),
      client.insights.series(window, task_type),
    ])
    return c.json(presentStats(overview, window, series), 200)
  })
}
