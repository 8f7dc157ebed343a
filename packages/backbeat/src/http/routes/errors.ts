import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentErrors } from '../insight-presenters.ts'
import { filterOf } from '../job-filter.ts'
import { JOBS_PATH } from '../links.ts'
import { errorGroupsSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { errorsQuery } from '../schemas/requests.ts'

const errorsRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOBS_PATH}/errors`,
  operationId: 'listErrors',
  summary: 'Failed and stuck jobs, grouped by their fault',
  tags: ['Operations'],
  request: { query: errorsQuery },
  responses: {
    200: {
      description: 'The most frequent first.',
      content: { 'application/json': { schema: errorGroupsSchema } },
    },
    ...problems(422, 500, 503),
  },
})

export function addErrorsRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(errorsRoute, async (c) => {
    const { window, ...query } = c.req.valid('query')
    const found = await client.insights.errors(filterOf(query, c.get('principal')), window)
    return c.json(presentErrors(found, window), 200)
  })
}
