import type { z } from '@hono/zod-openapi'
import { scopeOf } from '../../access/decisions.ts'
import type { JobFilter } from '../../store/store.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOBS_PATH } from '../links.ts'
import { presentPage, presentSummary } from '../presenters.ts'
import { jobSummarySchema, pageOf } from '../schemas/job.ts'
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
      content: { 'application/json': { schema: pageOf(jobSummarySchema).openapi('JobPage') } },
    },
    ...problems(422, 500, 503),
  },
})

export function addListRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query')
    const page = await client.list({ ...filterOf(query), scope: scopeOf(c.get('principal')) }, pageRequestOf(query))
    return c.json(presentPage(page, presentSummary), 200)
  })
}

function filterOf(query: z.infer<typeof jobListQuery>): JobFilter {
  return {
    ...(query.task_type !== undefined && { taskType: query.task_type }),
    ...(query.status !== undefined && { status: query.status }),
    ...(query.queue !== undefined && { queue: query.queue }),
    ...(query.q !== undefined && { q: query.q }),
    ...(query.tag !== undefined && { tag: query.tag }),
    ...(query.triggered_by !== undefined && { triggeredBy: query.triggered_by }),
    ...(query.from !== undefined && { from: query.from }),
    ...(query.to !== undefined && { to: query.to }),
  }
}
