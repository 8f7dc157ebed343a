import { z } from '@hono/zod-openapi'
import { highestOf, upTo } from '../../access/permissions.ts'
import type { Duration } from '../../duration.ts'
import type { ApiToken } from '../../store/store.ts'
import { actorOf } from '../audit.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { TOKENS_PATH } from '../links.ts'
import { timeOf, timeOrNull } from '../presenters.ts'
import { createdTokenSchema, nameParams, newTokenBody, tokenSchema } from '../schemas/access.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { requiredBody } from '../validated-body.ts'

const listRoute = guardedRoute('background_tasks.admin', {
  method: 'get',
  path: TOKENS_PATH,
  operationId: 'listTokens',
  summary: 'The API tokens, revoked ones included, without their secrets',
  tags: ['Access'],
  request: { query: noQuery },
  responses: {
    200: {
      description: 'All of them.',
      content: { 'application/json': { schema: z.object({ items: z.array(tokenSchema) }).openapi('TokenList') } },
    },
    ...problems(422, 500, 503),
  },
})

const createTokenRoute = guardedRoute('background_tasks.admin', {
  method: 'post',
  path: TOKENS_PATH,
  operationId: 'createToken',
  summary: 'Make an API token',
  tags: ['Access'],
  request: {
    query: noQuery,
    body: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/NewToken' } } } },
  },
  responses: {
    201: {
      description: 'The token, with its secret.',
      content: { 'application/json': { schema: createdTokenSchema } },
    },
    ...problems(400, 409, 413, 415, 422, 500, 503),
  },
})

const revokeRoute = guardedRoute('background_tasks.admin', {
  method: 'delete',
  path: `${TOKENS_PATH}/{name}`,
  operationId: 'revokeToken',
  summary: 'Revoke an API token',
  tags: ['Access'],
  request: { params: nameParams, query: noQuery },
  responses: {
    204: { description: 'It is of no use any more.' },
    ...problems(404, 409, 422, 500, 503),
  },
})

export function addTokenRoutes(app: HttpRouter, { tokens, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('NewToken', newTokenBody)

  app.openapi(listRoute, async (c) => c.json({ items: (await tokens.list()).map(presentToken) }, 200))

  app.openapi(createTokenRoute, async (c) => {
    const { name, permissions, tasks = null, expires_in } = await requiredBody(c.req.raw, newTokenBody, maxBodyBytes)
    const options = {
      name,
      permission: highestOf(permissions),
      tasks,
      expires: (expires_in ?? null) as Duration | null,
    }
    const { token, secret } = await tokens.create(options, actorOf(c))
    c.set('isAudited', true)
    return c.json({ ...presentToken(token), token: secret }, 201)
  })

  app.openapi(revokeRoute, async (c) => {
    await tokens.revoke(c.req.valid('param').name, actorOf(c))
    c.set('isAudited', true)
    return c.body(null, 204)
  })
}

function presentToken(token: ApiToken): z.infer<typeof tokenSchema> {
  return {
    name: token.name,
    permissions: upTo(token.permission),
    tasks: token.tasks,
    created_at: timeOf(token.createdAt),
    created_by: token.createdBy,
    expires_at: timeOrNull(token.expiresAt),
    revoked_at: timeOrNull(token.revokedAt),
    last_used_at: timeOrNull(token.lastUsedAt),
  }
}
