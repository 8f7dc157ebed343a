import { starterName } from '../../access/principal.ts'
import type { RetryScope } from '../../job/job.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { JOB_PATH } from '../links.ts'
import { presentJob } from '../presenters.ts'
import { jobSchema } from '../schemas/job.ts'
import { problems } from '../schemas/problem.ts'
import { cancelBody, emptyBody, jobParams, noQuery } from '../schemas/requests.ts'
import { locationHeader, retryAcceptedSchema } from '../schemas/trigger.ts'
import { optionalBody } from '../validated-body.ts'
import { changeableJob, type JobRequest } from './job-id.ts'

const retryResponses = {
  202: {
    description: 'A new job does the work again; the old one stays as it is.',
    headers: locationHeader,
    content: { 'application/json': { schema: retryAcceptedSchema } },
  },
  ...problems(400, 404, 409, 413, 415, 422, 500, 503),
}

const retryRoute = guardedRoute(
  'background_tasks.manage',
  {
    method: 'post',
    path: `${JOB_PATH}/retry`,
    operationId: 'retryJob',
    summary: 'Do the work of a failed or stuck job again',
    tags: ['Jobs'],
    request: { params: jobParams, query: noQuery },
    responses: retryResponses,
  },
  { checksTasks: true },
)

const retryFailedItemsRoute = guardedRoute(
  'background_tasks.manage',
  {
    method: 'post',
    path: `${JOB_PATH}/retry-failed-items`,
    operationId: 'retryFailedItems',
    summary: 'Do only the failed items of a job again',
    tags: ['Jobs'],
    request: { params: jobParams, query: noQuery },
    responses: retryResponses,
  },
  { checksTasks: true },
)

const cancelRoute = guardedRoute(
  'background_tasks.manage',
  {
    method: 'post',
    path: `${JOB_PATH}/cancel`,
    operationId: 'cancelJob',
    summary: 'Cancel a waiting job, or ask a running one to stop',
    tags: ['Jobs'],
    request: {
      params: jobParams,
      query: noQuery,
      // By reference, because a schema given here would be validated by an unbounded read.
      body: {
        description: 'May be left out.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/CancelRequest' } } },
      },
    },
    responses: {
      200: {
        description: 'The job as it is now: cancelled, or still running until its worker has stopped it.',
        content: { 'application/json': { schema: jobSchema } },
      },
      ...problems(400, 404, 409, 413, 415, 422, 500, 503),
    },
  },
  { checksTasks: true },
)

export function addActionRoutes(app: HttpRouter, { client, links, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('CancelRequest', cancelBody)
  const changeable = (c: JobRequest) => changeableJob(client, c.get('principal'), c.req.valid('param').job_id)

  const retry = async (c: JobRequest, scope: RetryScope) => {
    const { id: oldId } = await changeable(c)
    await optionalBody(c.req.raw, emptyBody, maxBodyBytes)
    const { id, taskType } = await client.retry(oldId, c.get('principal').name, scope)
    c.set('change', { action: 'job.retry', subject: `job:${oldId}`, after: { job_id: id, scope } })
    const status_url = links.job(id)
    c.header('Location', status_url)
    const what = scope === 'all' ? taskType : `What failed of ${taskType}`
    return {
      job_id: id,
      task_type: taskType,
      status: 'pending' as const,
      message: `${what} is queued again.`,
      status_url,
      retried_from_id: oldId,
    }
  }

  app.openapi(retryRoute, async (c) => {
    return c.json(await retry(c, 'all'), 202)
  })

  app.openapi(retryFailedItemsRoute, async (c) => {
    return c.json(await retry(c, 'failed_items'), 202)
  })

  app.openapi(cancelRoute, async (c) => {
    const { id, status } = await changeable(c)
    const { reason = `Cancelled by ${starterName(c.get('principal'))}` } = await optionalBody(
      c.req.raw,
      cancelBody,
      maxBodyBytes,
    )
    const job = await client.cancel(id, reason)
    c.set('change', {
      action: 'job.cancel',
      subject: `job:${id}`,
      before: { status },
      after: { status: job.status, reason },
    })
    return c.json(presentJob(job), 200)
  })
}
