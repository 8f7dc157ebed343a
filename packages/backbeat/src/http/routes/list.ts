import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentCount } from '../insight-presenters.ts'
import { filterOf } from '../job-filter.ts'
import { JOBS_PATH } from '../links.ts'
import { presentPage, presentSummary } from '../presenters.ts'
import { jobPageSchema } from '../schemas/job.ts'
import { problems } from '../schemas/problem.ts'
import { jobListQuery } from '../schemas/requests.ts'
import { pageRequestOf } from './page-request.ts'

const listRoute = guardedRoute('known', {
  method: 'get',
  path: JOBS_PATH,
  operationId: 'listJobs',
  summary: 'List jobs, newest first',
  tags: ['Jobs'],
  request: { query: jobListQuery },
  responses: {
    200: {
      description: 'A page of jobs.',
      content: { 'application/json': { schema: jobPageSchema } },
    },
    ...problems(422, 500, 503),
  },
})

export function addListRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query')
    const filter = filterOf(query, c.get('principal'))
    if (query.page === undefined && query.per_page === undefined) {
      return c.json(presentPage(await client.list(filter, pageRequestOf(query)), presentSummary), 200)
    }
    const { entries, page, perPage, pages, total } = await client.page(filter, query.page ?? 1, query.per_page ?? 50)
    const { value, is_exact } = presentCount(total)
    return c.json(
      {
        items: entries.map(presentSummary),
        next_cursor: null,
        page,
        per_page: perPage,
        pages,
        total: value,
        total_is_exact: is_exact,
      },
      200,
    )
  })
}
