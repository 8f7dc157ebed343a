import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { filterOf } from '../job-filter.ts'
import { JOBS_PATH } from '../links.ts'
import { presentPage, presentSummary } from '../presenters.ts'
import { jobSummarySchema, pageOf } from '../schemas/job.ts'
import { problems } from '../schemas/problem.ts'
import { pageQuery } from '../schemas/requests.ts'
import { pageRequestOf } from './page-request.ts'

const runningRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOBS_PATH}/running`,
  operationId: 'listRunningJobs',
  summary: 'List the jobs that run now, newest first',
  tags: ['Jobs'],
  request: { query: pageQuery },
  responses: {
    200: {
      description: 'A page of jobs.',
      content: { 'application/json': { schema: pageOf(jobSummarySchema).openapi('RunningPage') } },
    },
    ...problems(422, 500, 503),
  },
})

export function addRunningRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(runningRoute, async (c) => {
    const filter = filterOf({ status: ['running'] }, c.get('principal'))
    return c.json(presentPage(await client.list(filter, pageRequestOf(c.req.valid('query'))), presentSummary), 200)
  })
}
