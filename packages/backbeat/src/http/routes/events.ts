import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Principal } from '../../access/principal.ts'
import type { EventFilter } from '../../events/event-filter.ts'
import { filterStream, jobStream, RESTED } from '../event-stream.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpEnv, HttpParts, HttpRouter } from '../http-parts.ts'
import { filterOf } from '../job-filter.ts'
import { JOB_PATH, JOBS_PATH } from '../links.ts'
import { problems } from '../schemas/problem.ts'
import { eventsQuery, jobEventsQuery, jobParams } from '../schemas/requests.ts'
import { knownJobId, readableJob } from './job-id.ts'

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // What is compressed on the way, as Next and others do, is held back until enough of it has gathered.
  'Cache-Control': 'no-store, no-transform',
  // A proxy that gathers an answer before it passes it on would hold events back.
  'X-Accel-Buffering': 'no',
}

const lastEventHeader = z.object({
  'last-event-id': z.string().optional().openapi({ description: 'The id of the last event that was received.' }),
})

const DESCRIPTION = `Server-Sent Events:

- \`ready\`, once, to one who did not say where to go on: load the list now, then apply what follows.
- \`job\`: a job that changed, as the list presents it. States in between may be left out; outcomes never are. An event may come twice.
- \`left\`: the \`id\` and \`status\` of a job that may have been in one of the states asked for, and is not now.
- \`reset\`: events are missing, because you were away for too long or read too slowly: load the list again and go on.

Every \`id\` is a place to go on from within 15 minutes; a browser's EventSource does so by itself. A comment comes at least every 15 seconds.`

const eventsRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOBS_PATH}/events`,
  operationId: 'followJobs',
  summary: 'Follow the changes of jobs',
  description: DESCRIPTION,
  tags: ['Events'],
  request: { query: eventsQuery, headers: lastEventHeader },
  responses: {
    200: {
      description: 'Events, until one of the two sides ends it.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems(404, 422, 500, 503),
  },
})

const jobEventsRoute = guardedRoute('known', {
  method: 'get',
  path: `${JOB_PATH}/events`,
  operationId: 'followJob',
  summary: 'Follow one job until it rests',
  description: `Server-Sent Events: \`job\` with the job as it is, then at each change. The stream ends when the job rests, with an event whose id is \`${RESTED}\`.`,
  tags: ['Events'],
  request: { params: jobParams, query: jobEventsQuery, headers: lastEventHeader },
  responses: {
    200: { description: 'Events, until the job rests.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'You have seen it rest; there is nothing more to come, and no reason to connect again.' },
    ...problems(404, 422, 500, 503),
  },
})

export function addEventRoutes(app: HttpRouter, { client, store }: HttpParts): void {
  app.openapi(eventsRoute, (c) => {
    const query = c.req.valid('query')
    const filter = eventFilterOf(query, c.get('principal'))
    const after = lastEventOf(c, query)
    const listen = () => client.events.listen(filter, { after })
    return c.body(filterStream(listen, after !== undefined), 200, HEADERS)
  })

  app.openapi(jobEventsRoute, async (c) => {
    const { id } = await readableJob(client, c.get('principal'), c.req.valid('param').job_id)
    const load = async () => (await store.summaries([id]))[0]
    if (lastEventOf(c, c.req.valid('query')) === RESTED) return c.body(null, 204)
    const listen = () => client.events.listen({ jobId: id })
    return c.body(jobStream(listen, load), 200, HEADERS)
  })
}

function eventFilterOf(query: z.infer<typeof eventsQuery>, principal: Principal): EventFilter {
  const { job_id, last_event_id: _, ...fields } = query
  return { ...filterOf(fields, principal), ...(job_id !== undefined && { jobId: knownJobId(job_id) }) }
}

/** A browser that connects again sends the header, and the query that it began with. */
function lastEventOf(c: Context<HttpEnv>, query: { last_event_id?: string | undefined }): string | undefined {
  return c.req.header('last-event-id') || query.last_event_id || undefined
}
