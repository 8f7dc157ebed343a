import { z } from '@hono/zod-openapi'
import type { User } from '../../store/store.ts'
import { actorOf } from '../audit.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { USERS_PATH } from '../links.ts'
import { timeOf, timeOrNull } from '../presenters.ts'
import { nameParams, newUserBody, userChangeBody, userSchema } from '../schemas/access.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { requiredBody } from '../validated-body.ts'

const listRoute = guardedRoute('background_tasks.admin', {
  method: 'get',
  path: USERS_PATH,
  operationId: 'listUsers',
  summary: 'The users who may sign in, by name',
  tags: ['Access'],
  request: { query: noQuery },
  responses: {
    200: {
      description: 'All of them.',
      content: { 'application/json': { schema: z.object({ items: z.array(userSchema) }).openapi('UserList') } },
    },
    ...problems(422, 500, 503),
  },
})

const addRoute = guardedRoute('background_tasks.admin', {
  method: 'post',
  path: USERS_PATH,
  operationId: 'addUser',
  summary: 'Add a user',
  tags: ['Access'],
  request: {
    query: noQuery,
    body: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/NewUser' } } } },
  },
  responses: {
    201: { description: 'The user.', content: { 'application/json': { schema: userSchema } } },
    ...problems(400, 409, 413, 415, 422, 500, 503),
  },
})

const changeRoute = guardedRoute('background_tasks.admin', {
  method: 'patch',
  path: `${USERS_PATH}/{name}`,
  operationId: 'changeUser',
  summary: "Change a user's role or password, or disable them",
  tags: ['Access'],
  request: {
    params: nameParams,
    query: noQuery,
    body: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/UserChange' } } } },
  },
  responses: {
    200: { description: 'The user as they are now.', content: { 'application/json': { schema: userSchema } } },
    ...problems(400, 404, 409, 413, 415, 422, 500, 503),
  },
})

export function addUserRoutes(app: HttpRouter, { users, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('NewUser', newUserBody)
  app.openAPIRegistry.register('UserChange', userChangeBody)

  app.openapi(listRoute, async (c) => c.json({ items: (await users.list()).map(presentUser) }, 200))

  app.openapi(addRoute, async (c) => {
    const user = await users.add(await requiredBody(c.req.raw, newUserBody, maxBodyBytes), actorOf(c))
    c.set('isAudited', true)
    return c.json(presentUser(user), 201)
  })

  app.openapi(changeRoute, async (c) => {
    const change = await requiredBody(c.req.raw, userChangeBody, maxBodyBytes)
    const user = await users.change(c.req.valid('param').name, change, actorOf(c))
    c.set('isAudited', true)
    return c.json(presentUser(user), 200)
  })
}

function presentUser({ name, role, createdAt, disabledAt }: User): z.infer<typeof userSchema> {
  return { name, role, created_at: timeOf(createdAt), disabled_at: timeOrNull(disabledAt) }
}
