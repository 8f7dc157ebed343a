import { createRoute, z } from '@hono/zod-openapi'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOB_PATH } from '../links.ts'
import { presentAttempt, presentDetail, presentItem, presentLogLine, presentPage } from '../presenters.ts'
import { attemptSchema, itemSchema, jobDetailSchema, logLineSchema, pageOf } from '../schemas/job.ts'
import { problems } from '../schemas/problem.ts'
import { itemListQuery, jobParams, noQuery, pageQuery } from '../schemas/requests.ts'
import { knownJobId } from './job-id.ts'
import { pageRequestOf } from './page-request.ts'

const detailRoute = createRoute({
  method: 'get',
  path: JOB_PATH,
  operationId: 'getJob',
  summary: 'One job, with its attempts and what can be done with it',
  tags: ['Jobs'],
  request: { params: jobParams, query: noQuery },
  responses: {
    200: { description: 'The job.', content: { 'application/json': { schema: jobDetailSchema } } },
    ...problems(401, 404, 422, 500, 503),
  },
})

const itemsRoute = createRoute({
  method: 'get',
  path: `${JOB_PATH}/items`,
  operationId: 'listItems',
  summary: 'The items of a job, in the order of their source',
  tags: ['Jobs'],
  request: { params: jobParams, query: itemListQuery },
  responses: {
    200: {
      description: 'A page of items.',
      content: { 'application/json': { schema: pageOf(itemSchema).openapi('ItemPage') } },
    },
    ...problems(401, 404, 422, 500, 503),
  },
})

const logsRoute = createRoute({
  method: 'get',
  path: `${JOB_PATH}/logs`,
  operationId: 'listLogs',
  summary: 'What a job wrote to its log, oldest first',
  tags: ['Jobs'],
  request: { params: jobParams, query: pageQuery },
  responses: {
    200: {
      description: 'A page of log lines.',
      content: { 'application/json': { schema: pageOf(logLineSchema).openapi('LogPage') } },
    },
    ...problems(401, 404, 422, 500, 503),
  },
})

const attemptsRoute = createRoute({
  method: 'get',
  path: `${JOB_PATH}/attempts`,
  operationId: 'listAttempts',
  summary: 'The attempts of a job, oldest first',
  tags: ['Jobs'],
  request: { params: jobParams, query: noQuery },
  responses: {
    200: {
      description: 'All of them.',
      content: { 'application/json': { schema: z.object({ items: z.array(attemptSchema) }).openapi('AttemptList') } },
    },
    ...problems(401, 404, 422, 500, 503),
  },
})

export function addJobRoutes(app: HttpRouter, { client, store, links }: HttpParts): void {
  app.openapi(detailRoute, async (c) => {
    const job = await client.get(knownJobId(c.req.valid('param').job_id))
    const [attempts, latestRetry] = await Promise.all([store.attempts(job.id), store.findRetryOf(job.id)])
    return c.json(presentDetail(job, attempts, latestRetry, links), 200)
  })

  app.openapi(itemsRoute, async (c) => {
    const query = c.req.valid('query')
    const id = knownJobId(c.req.valid('param').job_id)
    const filter = query.status === undefined ? {} : { status: query.status }
    return c.json(presentPage(await client.items(id, filter, pageRequestOf(query)), presentItem), 200)
  })

  app.openapi(logsRoute, async (c) => {
    const id = knownJobId(c.req.valid('param').job_id)
    return c.json(presentPage(await client.logs(id, pageRequestOf(c.req.valid('query'))), presentLogLine), 200)
  })

  app.openapi(attemptsRoute, async (c) => {
    const attempts = await client.attempts(knownJobId(c.req.valid('param').job_id))
    return c.json({ items: attempts.map(presentAttempt) }, 200)
  })
}
