import { z } from '@hono/zod-openapi'
import { BackbeatError, UnknownWorkerError } from '../../errors.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { presentWorker } from '../insight-presenters.ts'
import { WORKERS_PATH } from '../links.ts'
import { resizeBody, workerSchema, workersSchema } from '../schemas/operations.ts'
import { problems } from '../schemas/problem.ts'
import { emptyBody, noQuery } from '../schemas/requests.ts'
import { optionalBody } from '../validated-body.ts'

const params = z.object({ worker: z.string().openapi({ example: 'shop-1:4711:0d1ddc' }) })

const workersRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: WORKERS_PATH,
  operationId: 'listWorkers',
  summary: 'Every worker that has not left, and whether work reaches them',
  tags: ['Operations'],
  request: { query: noQuery },
  responses: {
    200: { description: 'Also where the broker is down.', content: { 'application/json': { schema: workersSchema } } },
    ...problems(422, 500),
  },
})

/** What can be asked of a worker by its own word. */
const ACTIONS = {
  quiet: 'Ask a worker to take no new job, and to finish those it has',
  resume: 'End the quiet of a worker',
  stop: 'Ask a worker to finish what it can, give the rest back and leave',
  resize: 'Set how many jobs a worker runs at the same time',
} as const

type Word = keyof typeof ACTIONS

export function addWorkerRoutes(app: HttpRouter, { client, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('ResizeRequest', resizeBody)

  app.openapi(workersRoute, async (c) => {
    try {
      const items = (await client.workers()).map(presentWorker)
      return c.json({ items, broker_reachable: true, error: null }, 200)
    } catch (error) {
      // Said in the answer, so that a dashboard can show that it is this, and not that there are no workers.
      if (!(error instanceof BackbeatError)) throw error
      return c.json({ items: [], broker_reachable: false, error: error.message }, 200)
    }
  })

  const find = async (name: string) => (await client.workers()).find((worker) => worker.name === name)
  const order = async (word: Word, name: string, request: Request) => {
    if (word === 'resize') {
      const { slots } = await optionalBody(request, resizeBody, maxBodyBytes)
      return client.resizeWorker(name, slots)
    }
    await optionalBody(request, emptyBody, maxBodyBytes)
    if (word === 'quiet') return client.quietWorker(name)
    return word === 'resume' ? client.resumeWorker(name) : client.stopWorker(name)
  }

  for (const [word, summary] of Object.entries(ACTIONS) as [Word, string][]) {
    const body = {
      description: 'How many slots; null for what it was started with.',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/ResizeRequest' } } },
    }
    const route = guardedRoute('background_tasks.manage', {
      method: 'post',
      path: `${WORKERS_PATH}/{worker}/${word}` as `${typeof WORKERS_PATH}/{worker}/quiet`,
      operationId: `${word}Worker`,
      summary,
      tags: ['Operations'],
      request: { params, query: noQuery, ...(word === 'resize' && { body }) },
      responses: {
        202: {
          description: 'The worker as it is now; it does what it was asked to within seconds.',
          content: { 'application/json': { schema: workerSchema } },
        },
        ...problems(400, 404, 413, 415, 422, 500, 503),
      },
    })
    app.openapi(route, async (c) => {
      const name = c.req.valid('param').worker
      const before = await find(name)
      await order(word, name, c.req.raw)
      const worker = await find(name)
      if (!before || !worker) throw new UnknownWorkerError(name)
      const change = { before: { ...before.orders }, after: { ...worker.orders } }
      c.set('change', { action: `worker.${word}`, subject: `worker:${name}`, ...change })
      return c.json(presentWorker(worker), 202)
    })
  }
}
