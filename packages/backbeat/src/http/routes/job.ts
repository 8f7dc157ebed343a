import { z } from '@hono/zod-openapi'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOB_PATH } from '../links.ts'
import { presentAttempt, presentDetail, presentItem, presentLogLine, presentPage } from '../presenters.ts'
import { attemptSchema, itemSchema, jobDetailSchema, logLineSchema, pageOf } from '../schemas/job.ts'
import { problems } from '../schemas/problem.ts'
import { itemListQuery, jobParams, logQuery, noQuery } from '../schemas/requests.ts'
import { type JobRequest, readableJob } from './job-id.ts'
import { pageRequestOf } from './page-request.ts'

/** The newest of them; a job that was retried more often is read from its retries. */
const SHOWN_RETRIES = 20

const detailRoute = guardedRoute('known', {
  method: 'get',
  path: JOB_PATH,
  operationId: 'getJob',
  summary: 'One job, with its attempts and what can be done with it',
  tags: ['Jobs'],
  request: { params: jobParams, query: noQuery },
  responses: {
    200: { description: 'The job.', content: { 'application/json': { schema: jobDetailSchema } } },
    ...problems(404, 422, 500, 503),
  },
})

const itemsRoute = guardedRoute('known', {
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
    ...problems(404, 422, 500, 503),
  },
})

const logsRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOB_PATH}/logs`,
  operationId: 'listLogs',
  summary: 'What a job wrote to its log',
  tags: ['Jobs'],
  request: { params: jobParams, query: logQuery },
  responses: {
    200: {
      description: 'A page of log lines.',
      content: { 'application/json': { schema: pageOf(logLineSchema).openapi('LogPage') } },
    },
    ...problems(404, 422, 500, 503),
  },
})

const attemptsRoute = guardedRoute('known', {
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
    ...problems(404, 422, 500, 503),
  },
})

export function addJobRoutes(app: HttpRouter, { client, store, links }: HttpParts): void {
  const readable = (c: JobRequest) => readableJob(client, c.get('principal'), c.req.valid('param').job_id)

  app.openapi(detailRoute, async (c) => {
    const job = await readable(c)
    const [attempts, retries] = await Promise.all([store.attempts(job.id), store.retries(job.id, SHOWN_RETRIES)])
    return c.json(presentDetail(job, attempts, retries, links), 200)
  })

  app.openapi(itemsRoute, async (c) => {
    const query = c.req.valid('query')
    const { id } = await readable(c)
    const filter = query.status === undefined ? {} : { status: query.status }
    return c.json(presentPage(await client.items(id, filter, pageRequestOf(query)), presentItem), 200)
  })

  app.openapi(logsRoute, async (c) => {
    const { id } = await readable(c)
    const { order, after, ...page } = c.req.valid('query')
    const request = {
      ...pageRequestOf(page),
      newestFirst: order === 'newest',
      ...(after !== undefined && { after }),
    }
    return c.json(presentPage(await client.logs(id, request), presentLogLine), 200)
  })

  app.openapi(attemptsRoute, async (c) => {
    const attempts = await client.attempts((await readable(c)).id)
    return c.json({ items: attempts.map(presentAttempt) }, 200)
  })
}
