import { createRoute, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { mayStart } from '../access/decisions.ts'
import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { AnyTask } from '../task/define.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { SESSION_COOKIE } from './cookies.ts'
import type { HttpEnv, HttpRouter } from './http-parts.ts'
import type { Links } from './links.ts'
import { withTaskOperations } from './task-operations.ts'

const DESCRIPTION = `Starts background tasks and says what they are doing.

JSON in snake_case; times are ISO 8601 in UTC. Every error is an \`application/problem+json\` (RFC 9457) with a stable \`code\`.`

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'openapi',
  summary: 'This document',
  tags: ['Health'],
  security: [],
  responses: {
    200: {
      description: 'OpenAPI 3.1.',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
  },
})

interface OpenApiParts {
  links: Links
  registry: TaskRegistry
  /** Sets who asks, or throws where nobody is known. */
  identify: MiddlewareHandler<HttpEnv>
}

/**
 * The document of every route of the app, also of those that are added after this one. Anybody may
 * read it; the tasks that there are are shown to those who may start them.
 */
export function addOpenApiRoute(app: HttpRouter, { links, registry, identify }: OpenApiParts): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token, or the one that BACKBEAT_ADMIN_TOKEN sets.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'Set by signing in. Requests that change something must come from the same origin.',
  })
  const generate = (): Record<string, Json> => {
    const document = app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Backbeat', version: '1', description: DESCRIPTION },
      servers: [{ url: links.root }],
      security: [{ bearer: [] }, { cookie: [] }],
    })
    return JSON.parse(JSON.stringify(document))
  }
  let document: Record<string, Json> | undefined
  app.openapi(documentRoute, async (c) => {
    document ??= generate()
    const tasks = await tasksFor(c, registry, identify)
    return c.json(tasks.length === 0 ? document : withTaskOperations(document, tasks), 200)
  })
}

async function tasksFor(
  c: Context<HttpEnv>,
  registry: TaskRegistry,
  identify: MiddlewareHandler<HttpEnv>,
): Promise<AnyTask[]> {
  try {
    await identify(c, async () => {})
  } catch (error) {
    if (error instanceof BackbeatError && error.status < 500) return []
    throw error
  }
  return registry.all().filter(({ name }) => mayStart(c.get('principal'), name))
}
