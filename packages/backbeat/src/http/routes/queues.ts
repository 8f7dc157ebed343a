import { z } from '@hono/zod-openapi'
import type { Client } from '../../client/client.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentQueue } from '../insight-presenters.ts'
import { QUEUES_PATH } from '../links.ts'
import { listOf, queueChange, queueSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { emptyBody, noQuery } from '../schemas/requests.ts'
import { optionalBody } from '../validated-body.ts'

const params = z.object({ queue: z.string().openapi({ example: 'long_running' }) })
const oneQueue = { description: 'The queue as it is now.', content: { 'application/json': { schema: queueSchema } } }

const queuesRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: QUEUES_PATH,
  operationId: 'listQueues',
  summary: 'Every queue that tasks name, that has active jobs, or that something is set for',
  tags: ['Operations'],
  request: { query: noQuery },
  responses: {
    200: {
      description: 'All of them, by name.',
      content: { 'application/json': { schema: listOf(queueSchema).openapi('QueueList') } },
    },
    ...problems(422, 500, 503),
  },
})

const changeRoute = guardedRoute('background_tasks.manage', {
  method: 'patch',
  path: `${QUEUES_PATH}/{queue}`,
  operationId: 'changeQueue',
  summary: 'Pause, drain or open a queue, or limit how many of its jobs run',
  tags: ['Operations'],
  request: {
    params,
    query: noQuery,
    // By reference, because a schema given here would be validated by an unbounded read.
    body: { content: { 'application/json': { schema: { $ref: '#/components/schemas/QueueChange' } } } },
  },
  responses: { 200: oneQueue, ...problems(400, 413, 415, 422, 500, 503) },
})

/** What can be done to a queue by its own word. */
const ACTIONS = {
  pause: {
    summary: 'Start no job of the queue any more',
    act: (client: Client, name: string) => client.pauseQueue(name),
  },
  drain: {
    summary: 'Start the jobs that the queue has, and none that comes later',
    act: (client: Client, name: string) => client.drainQueue(name),
  },
  resume: { summary: 'End a pause and a drain', act: (client: Client, name: string) => client.openQueue(name) },
} as const

export function addQueueRoutes(app: HttpRouter, { client, store, registry, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('QueueChange', queueChange)

  const read = async () => {
    const [queues, lanes, rates, workers] = await Promise.all([
      client.queues(),
      store.insights.lanes(),
      client.insights.queueRates(),
      client.workers(),
    ])
    const known = new Set(queues.map(({ name }) => name))
    const unused = [...new Set(registry.all().map(({ queue }) => queue))].filter((name) => !known.has(name))
    const idle = { pausedAt: null, drainingSince: null, concurrency: null, waiting: 0, running: 0 }
    return [...queues, ...unused.map((name) => ({ name, ...idle }))]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((queue) => presentQueue(queue, { lanes, rates, workers }))
  }
  /** As the audit log keeps them. */
  const settingsOf = async (name: string) => {
    const known = (await client.queues()).find((queue) => queue.name === name)
    return known
      ? { paused: known.pausedAt !== null, draining: known.drainingSince !== null, concurrency: known.concurrency }
      : null
  }
  const readOne = async (name: string) => {
    const queue = (await read()).find((one) => one.name === name)
    if (!queue) throw new Error(`The queue ${name} was changed and is not there`)
    return queue
  }

  app.openapi(queuesRoute, async (c) => c.json({ items: await read() }, 200))

  app.openapi(changeRoute, async (c) => {
    const { queue } = c.req.valid('param')
    const before = await settingsOf(queue)
    const { paused, draining, concurrency } = await optionalBody(c.req.raw, queueChange, maxBodyBytes)
    await client.changeQueue(queue, {
      ...(paused !== undefined && { paused }),
      ...(draining !== undefined && { draining }),
      ...(concurrency !== undefined && { concurrency }),
    })
    c.set('change', { action: 'queue.change', subject: `queue:${queue}`, before, after: await settingsOf(queue) })
    return c.json(await readOne(queue), 200)
  })

  for (const [word, { summary, act }] of Object.entries(ACTIONS)) {
    const route = guardedRoute('background_tasks.manage', {
      method: 'post',
      path: `${QUEUES_PATH}/{queue}/${word}` as `${typeof QUEUES_PATH}/{queue}/pause`,
      operationId: `${word}Queue`,
      summary,
      tags: ['Operations'],
      request: { params, query: noQuery },
      responses: { 200: oneQueue, ...problems(400, 413, 415, 422, 500, 503) },
    })
    app.openapi(route, async (c) => {
      const { queue } = c.req.valid('param')
      await optionalBody(c.req.raw, emptyBody, maxBodyBytes)
      const before = await settingsOf(queue)
      await act(client, queue)
      c.set('change', { action: `queue.${word}`, subject: `queue:${queue}`, before, after: await settingsOf(queue) })
      return c.json(await readOne(queue), 200)
    })
  }
}
