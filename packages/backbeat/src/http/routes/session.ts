import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { upTo } from '../../access/permissions.ts'
import { type Principal, starterName } from '../../access/principal.ts'
import { principalOf } from '../../auth/sessions.ts'
import { BackbeatError } from '../../errors.ts'
import { actorOf, originOf } from '../audit.ts'
import { dropSession, holdSession, sessionSecret } from '../cookies.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpEnv, HttpParts, HttpRouter } from '../http-parts.ts'
import { SESSION_PATH } from '../links.ts'
import { requireSameOrigin } from '../origin.ts'
import { credentialsBody, passwordChangeBody, sessionSchema } from '../schemas/access.ts'
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

const changePasswordRoute = guardedRoute('known', {
  method: 'post',
  path: `${SESSION_PATH}/password`,
  operationId: 'changePassword',
  summary: 'Change your own password, which ends your other sessions',
  tags: ['Access'],
  request: {
    query: noQuery,
    body: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/PasswordChange' } } },
    },
  },
  responses: {
    204: { description: 'The password is another one now; this session goes on.' },
    ...problems(400, 413, 415, 422, 429, 500, 503),
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

export function addSessionRoutes(app: HttpRouter, { sessions, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('PasswordChange', passwordChangeBody)

  app.openapi(whoAmIRoute, (c) => c.json(presentSession(c.get('principal')), 200))

  app.openapi(signOutRoute, async (c) => {
    const secret = signedInWith(c)
    if (secret !== null) await sessions.signOut(secret, actorOf(c))
    dropSession(c)
    return c.body(null, 204)
  })

  app.openapi(changePasswordRoute, async (c) => {
    const secret = signedInWith(c)
    if (secret === null) throw hasNoPassword()
    const body = await requiredBody(c.req.raw, passwordChangeBody, maxBodyBytes)
    const passwords = { current: body.current_password, next: body.new_password }
    await sessions.changePassword(c.get('principal').name, passwords, secret, actorOf(c))
    return c.body(null, 204)
  })
}

function hasNoPassword(): BackbeatError {
  return new BackbeatError(
    'no_password',
    'You are not signed in with a password of Backbeat. Sign in with your name and password first.',
    { status: 403 },
  )
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
