import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { upTo } from '../../access/permissions.ts'
import { type Principal, starterName } from '../../access/principal.ts'
import { principalOf } from '../../auth/sessions.ts'
import { actorOf, originOf } from '../audit.ts'
import { dropSession, holdSession, sessionSecret } from '../cookies.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpEnv, HttpParts, HttpRouter } from '../http-parts.ts'
import { SESSION_PATH } from '../links.ts'
import { requireSameOrigin } from '../origin.ts'
import { credentialsBody, sessionSchema } from '../schemas/access.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'
import { requiredBody } from '../validated-body.ts'

const signInRoute = createRoute({
  method: 'post',
  path: SESSION_PATH,
  operationId: 'signIn',
  summary: 'Sign in with a name and a password',
  tags: ['Access'],
  security: [],
  request: {
    query: noQuery,
    body: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Credentials' } } } },
  },
  responses: {
    201: {
      description: 'Signed in; the session is in the cookie.',
      content: { 'application/json': { schema: sessionSchema } },
    },
    ...problems(400, 401, 403, 413, 415, 422, 429, 500, 503),
  },
})

const whoAmIRoute = guardedRoute('known', {
  method: 'get',
  path: SESSION_PATH,
  operationId: 'whoAmI',
  summary: 'Who asks, and what they may do',
  tags: ['Access'],
  request: { query: noQuery },
  responses: {
    200: { description: 'Whoever it is.', content: { 'application/json': { schema: sessionSchema } } },
    ...problems(422, 500, 503),
  },
})

const signOutRoute = guardedRoute('known', {
  method: 'delete',
  path: SESSION_PATH,
  operationId: 'signOut',
  summary: 'Sign out',
  tags: ['Access'],
  request: { query: noQuery },
  responses: {
    204: { description: 'The session of the cookie has ended, if there was one.' },
    ...problems(422, 500, 503),
  },
})

/** Signing in is for those who are not known yet. */
export function addSignInRoute(
  app: HttpRouter,
  { sessions, maxBodyBytes, trustedOrigins }: HttpParts & { trustedOrigins: readonly string[] },
): void {
  app.openAPIRegistry.register('Credentials', credentialsBody)

  app.openapi(signInRoute, async (c) => {
    requireSameOrigin(c.req.raw, trustedOrigins)
    const credentials = await requiredBody(c.req.raw, credentialsBody, maxBodyBytes)
    const { secret, user } = await sessions.signIn(credentials, sessionSecret(c), originOf(c))
    holdSession(c, secret)
    return c.json(presentSession(principalOf(user)), 201)
  })
}

export function addSessionRoutes(app: HttpRouter, { sessions }: HttpParts): void {
  app.openapi(whoAmIRoute, (c) => c.json(presentSession(c.get('principal')), 200))

  app.openapi(signOutRoute, async (c) => {
    const secret = signedInWith(c)
    if (secret !== null) await sessions.signOut(secret, actorOf(c))
    dropSession(c)
    return c.body(null, 204)
  })
}

/** Only the session by which the request itself is known: a token does not end the browser's. */
function signedInWith(c: Context<HttpEnv>): string | null {
  return c.get('principal').kind === 'user' ? sessionSecret(c) : null
}

function presentSession(principal: Principal) {
  const { kind, name, permission, tasks, starts } = principal
  return {
    kind,
    name,
    triggered_by: starterName(principal),
    permissions: upTo(permission),
    tasks: tasks && [...tasks],
    starts: [...starts],
    can_sign_out: kind === 'user',
  }
}
