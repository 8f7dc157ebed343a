import type { z } from '@hono/zod-openapi'
import { requireManage } from '../../access/decisions.ts'
import { type Principal, starterName } from '../../access/principal.ts'
import type { BulkRequest, BulkSelection } from '../../client/bulk.ts'
import { BackbeatError } from '../../errors.ts'
import { errorFingerprint } from '../../job/error-fingerprint.ts'
import type { JobSummary } from '../../job/job.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentBulk, presentCount } from '../insight-presenters.ts'
import { filterOf } from '../job-filter.ts'
import { JOBS_PATH } from '../links.ts'
import { bulkBody, bulkResultSchema } from '../schemas/bulk.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { optionalBody } from '../validated-body.ts'

const bulkRoute = guardedRoute(
  'background_tasks.manage',
  {
    method: 'post',
    path: `${JOBS_PATH}/bulk`,
    operationId: 'changeJobs',
    summary: 'Retry or cancel the selected jobs, or all that match a filter',
    description:
      'A call does a bounded part; call again with next_cursor until it is null. Doing it twice does nothing twice: a job that has been retried is skipped, also when its retry is over.',
    tags: ['Jobs'],
    request: {
      query: noQuery,
      // By reference, because a schema given here would be validated by an unbounded read.
      body: { content: { 'application/json': { schema: { $ref: '#/components/schemas/BulkRequest' } } } },
    },
    responses: {
      200: { description: 'What was done.', content: { 'application/json': { schema: bulkResultSchema } } },
      ...problems(400, 413, 415, 422, 500, 503),
    },
  },
  { checksTasks: true },
)

export function addBulkRoute(app: HttpRouter, { client, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('BulkRequest', bulkBody)

  app.openapi(bulkRoute, async (c) => {
    const body = await optionalBody(c.req.raw, bulkBody, maxBodyBytes)
    const request = requestOf(body, c.get('principal'))
    if (!body.dry_run) {
      const result = await client.bulk(request)
      const { action, ids, filter = {} } = body
      c.set('change', {
        action: `job.bulk_${action}`,
        subject: ids ? 'jobs:selected' : `jobs:${JSON.stringify(filter)}`,
        after: { done: result.done.map(({ jobId }) => jobId), skipped: result.skipped.length },
      })
      return c.json(presentBulk(result), 200)
    }
    // There is no change to write down.
    c.set('isAudited', true)
    const matched = presentCount(await client.countForBulk(request))
    return c.json({ dry_run: true, matched, done: [], skipped: [], next_cursor: null }, 200)
  })
}

function requestOf(body: z.infer<typeof bulkBody>, principal: Principal): BulkRequest {
  const by = starterName(principal)
  return {
    action: body.action,
    selection: selectionOf(body, principal),
    limit: body.limit,
    by: principal.name,
    reason: body.reason ?? `Cancelled by ${by}`,
    refuse: (job) => refusalOf(principal, job),
  }
}

function selectionOf({ ids, filter = {}, cursor }: z.infer<typeof bulkBody>, principal: Principal): BulkSelection {
  if (ids) return { ids: ids.map((id) => id.toLowerCase()) }
  const { fingerprint, ...query } = filter
  return {
    filter: filterOf(query, principal),
    ...(cursor !== undefined && { cursor }),
    ...(fingerprint !== undefined && { isWanted: (job) => errorFingerprint(job) === fingerprint }),
  }
}

function refusalOf(principal: Principal, job: JobSummary): BackbeatError | undefined {
  try {
    requireManage(principal, job)
    return undefined
  } catch (error) {
    if (error instanceof BackbeatError) return error
    throw error
  }
}
