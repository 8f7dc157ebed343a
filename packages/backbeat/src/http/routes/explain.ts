import { mayView } from '../../access/decisions.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentExplanation } from '../insight-presenters.ts'
import { JOB_PATH } from '../links.ts'
import { explanationSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { jobParams, noQuery } from '../schemas/requests.ts'
import { readableJob } from './job-id.ts'

const explainRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOB_PATH}/explain`,
  operationId: 'explainJob',
  summary: 'Why a job does not run, or where it does, or how it ended',
  tags: ['Jobs'],
  request: { params: jobParams, query: noQuery },
  responses: {
    200: { description: 'The reasons.', content: { 'application/json': { schema: explanationSchema } } },
    ...problems(404, 422, 500, 503),
  },
})

export function addExplainRoute(app: HttpRouter, { client }: HttpParts): void {
  app.openapi(explainRoute, async (c) => {
    const principal = c.get('principal')
    const { id } = await readableJob(client, principal, c.req.valid('param').job_id)
    const explanation = await client.insights.explain(id, ({ jobId, ...holder }) =>
      mayView(principal, { id: jobId, ...holder }),
    )
    return c.json(presentExplanation(id, explanation), 200)
  })
}
