import type { z } from '@hono/zod-openapi'
import { mayView, requireManageOf, requireStart, scopeOf } from '../../access/decisions.ts'
import { type Principal, starterName } from '../../access/principal.ts'
import type { Client } from '../../client/client.ts'
import type { EnqueueOptions } from '../../client/new-job.ts'
import { AlreadyRunningError, BackbeatError } from '../../errors.ts'
import { readJson } from '../body.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { enqueueOnce } from '../idempotency.ts'
import { TASK_PATH } from '../links.ts'
import { problems } from '../schemas/problem.ts'
import { taskParams, triggerQuery } from '../schemas/requests.ts'
import { acceptedSchema, locationHeader } from '../schemas/trigger.ts'

const triggerRoute = guardedRoute('known', {
  method: 'post',
  path: TASK_PATH,
  operationId: 'triggerTask',
  summary: 'Enqueue a job of a task',
  description:
    'Needs `background_tasks.manage` for the task, or to be let start it. Another queue, priority or delay than the task says needs `background_tasks.manage`.',
  tags: ['Tasks'],
  parameters: [
    {
      in: 'header',
      name: 'Idempotency-Key',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
      description: 'Random. The same request sent again under it within a day makes no second job.',
    },
  ],
  request: {
    params: taskParams,
    query: triggerQuery,
    // Not a zod schema: the task's own schema validates it, after a bounded read.
    body: {
      description: "The task's input. No body means `{}`.",
      content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
    },
  },
  responses: {
    202: {
      description: 'The job is stored and waits for a worker.',
      headers: locationHeader,
      content: { 'application/json': { schema: acceptedSchema } },
    },
    ...problems(400, 404, 409, 413, 415, 422, 500, 503),
  },
})

/** The name of the task that a path stands for; `-` stands for `_`. */
export function taskTypeOf({ domain, action }: { domain: string; action: string }): string {
  return `${domain}.${action}`.replaceAll('-', '_')
}

type Chosen = Pick<EnqueueOptions, 'queue' | 'priority' | 'delay'>

function optionsOf({ queue, priority, delay }: z.infer<typeof triggerQuery>): Chosen {
  return {
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(delay !== undefined && { delay }),
  }
}

export function addTriggerRoute(app: HttpRouter, { client, store, registry, links, maxBodyBytes }: HttpParts): void {
  app.openapi(triggerRoute, async (c) => {
    const principal = c.get('principal')
    const taskType = taskTypeOf(c.req.valid('param'))
    requireStart(principal, taskType)
    const task = registry.get(taskType)
    const input = await readJson(c.req.raw, maxBodyBytes)
    const chosen = optionsOf(c.req.valid('query'))
    if (Object.keys(chosen).length > 0) requireManageOf(principal, taskType)
    const options = { ...chosen, triggeredBy: starterName(principal) }
    const enqueue = (jobId?: string) => client.enqueueByName(task.name, input, options, jobId)
    const key = c.req.header('idempotency-key')
    const stored = async () =>
      key === undefined
        ? (await enqueue()).id
        : enqueueOnce(store.access, { principal, key, taskType, input, options: chosen }, enqueue)
    const id = await stored().catch(async (error) => {
      throw await shownTo(principal, client, error)
    })
    const status_url = links.job(id)
    c.header('Location', status_url)
    return c.json(
      { job_id: id, task_type: taskType, status: 'pending' as const, message: `${taskType} is queued.`, status_url },
      202,
    )
  })
}

/** Who may not see the job in the way is told that there is one, and not which. */
async function shownTo(principal: Principal, client: Client, error: unknown): Promise<unknown> {
  if (!(error instanceof AlreadyRunningError) || scopeOf(principal) === null) return error
  const active = await client.get(error.activeJobId).catch(() => undefined)
  if (active && mayView(principal, active)) return error
  return new BackbeatError(
    error.code,
    'A job of the same key, which somebody else started, is waiting or running already. Ask again when it is over.',
    { status: error.status },
  )
}
