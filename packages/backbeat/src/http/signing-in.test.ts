import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PasswordHasher } from '../auth/password.ts'
import { type Answer, type HttpHarness, JOBS, openHttp, type Sent } from './harness.conformance.ts'

const SESSION = '/api/v1/admin/session'
const USERS = '/api/v1/admin/users'
const PASSWORD = 'correct horse battery'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
  await addUser('ana', 'admin')
})

afterEach(() => http.store.close())

async function addUser(name: string, role: string): Promise<void> {
  const answer = await http.post(USERS, { json: { name, role, password: PASSWORD } })
  expect([answer.status, answer.json]).toEqual([201, expect.objectContaining({ name, role, disabled_at: null })])
}

function signIn(name: string, password = PASSWORD, sent: Sent = {}): Promise<Answer> {
  return http.post(SESSION, { token: null, json: { name, password }, ...sent })
}

/** As a browser sends it: the cookie, and where the request comes from. */
function withCookie(answer: Answer, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }): Sent {
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { token: null, headers: { cookie, ...headers } }
}

describe('signing in', () => {
  test('gives a session in a cookie that no script and no other site gets', async () => {
    const answer = await signIn('ana')
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      kind: 'user',
      name: 'ana',
      triggered_by: 'manual:ana',
      permissions: ['background_tasks.view', 'background_tasks.manage', 'background_tasks.admin'],
      tasks: null,
      starts: [],
      can_sign_out: true,
    })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-backbeat_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    const who = await http.send('GET', SESSION, withCookie(answer))
    expect(who.json).toEqual(answer.json)
    const started = await http.post('/api/v1/demo/echo', withCookie(answer))
    expect((await http.client.get(started.json.job_id)).triggeredBy).toBe('manual:ana')
  })

  test('works on plain HTTP on this machine only', async () => {
    for (const origin of ['http://localhost:4000', 'http://127.0.0.1', 'http://[::1]:4000']) {
      const answer = await signIn('ana', PASSWORD, { origin })
      expect(answer.headers.get('set-cookie')).toMatch(/^backbeat_session=[\w-]+; .*HttpOnly; SameSite=Lax$/)
      expect((await http.send('GET', SESSION, { ...withCookie(answer), origin })).status).toBe(200)
      expect((await http.send('GET', SESSION, withCookie(answer))).status).toBe(401)
    }
  })

  test('is refused without saying which part was wrong', async () => {
    await addUser('ben', 'viewer')
    await http.send('PATCH', `${USERS}/ben`, { json: { disabled: true } })
    const answers = [
      await signIn('ana', 'wrong'),
      await signIn('nobody'),
      await signIn('ben'),
      await signIn('a\0\ud800'),
      await signIn('ana', ''),
      await signIn('ana', 'x'.repeat(1000)),
    ]
    for (const { status, json, headers } of answers) {
      expect([status, json]).toEqual([401, { ...answers[0]?.json }])
      expect(json.code).toBe('invalid_credentials')
      expect(headers.get('set-cookie')).toBeNull()
    }
  })

  test('takes the name in any letter case, and the password as any keyboard composes it', async () => {
    await http.send('PATCH', `${USERS}/ana`, { json: { password: 'Ångström passphrase'.normalize('NFC') } })
    expect((await signIn(' ANA ', 'Ångström passphrase'.normalize('NFD'))).status).toBe(201)
    expect((await signIn('ana', 'ångström passphrase')).status).toBe(401)
  })

  test('begins a session of its own, and ends the one that the browser had', async () => {
    const first = await signIn('ana')
    const planted = { token: null, headers: { cookie: '__Host-backbeat_session=planted-by-an-attacker' } }
    const second = await http.post(SESSION, { ...planted, json: { name: 'ana', password: PASSWORD } })
    expect(second.headers.get('set-cookie')).not.toContain('planted')
    expect((await http.send('GET', SESSION, planted)).status).toBe(401)
    const third = await http.post(SESSION, { ...withCookie(first), json: { name: 'ana', password: PASSWORD } })
    const statusOf = async (answer: Answer) => (await http.send('GET', SESSION, withCookie(answer))).status
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([401, 200, 200])
  })

  test('stores neither the password nor the session as they are', async () => {
    const answer = await signIn('ana')
    const secret = answer.headers.get('set-cookie')?.match(/=([\w-]{43})/)?.[1] as string
    const user = await http.store.access.findUser('ana')
    expect(user?.passwordHash).toMatch(/^\$scrypt\$ln=4,r=1,p=1\$/)
    expect(JSON.stringify(user)).not.toContain(PASSWORD)
    expect(await http.store.access.useSession(secret, 1e9)).toBeUndefined()
  })

  test('hashes a password anew that was hashed at another cost', async () => {
    const old = await new PasswordHasher({ ln: 5, r: 1, p: 1 }).hash(PASSWORD)
    const { id, passwordHash } = (await http.store.access.findUser('ana')) ?? { id: '', passwordHash: '' }
    await http.store.access.replaceHash(id, passwordHash, old)
    expect((await signIn('ana')).status).toBe(201)
    expect((await http.store.access.findUser('ana'))?.passwordHash).toContain('ln=4')
    expect((await signIn('ana')).status).toBe(201)
  })
})

describe('too many tries to sign in', () => {
  test('lock an account for a while, from wherever they come', async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      expect((await signIn('ana', 'wrong', { address: `10.0.0.${attempt}` })).status).toBe(401)
    }
    const refused = await signIn('ana')
    expect([refused.status, refused.json.code]).toEqual([429, 'too_many_attempts'])
    expect(Number(refused.headers.get('retry-after'))).toBe(900)
    http.clock.advance('15m')
    expect((await signIn('ana')).status).toBe(201)
  })

  test('at once are counted before any password is looked at', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn('ana', 'wrong')))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20)
  })

  test('lock out an address that tries many accounts, and nobody else', async () => {
    for (let attempt = 0; attempt < 50; attempt++) await signIn(`user-${attempt}`, 'wrong', { address: '10.0.0.1' })
    expect((await signIn('ana', PASSWORD, { address: '10.0.0.1' })).status).toBe(429)
    expect((await signIn('ana', PASSWORD, { address: '10.0.0.2' })).status).toBe(201)
  })

  test('count every IPv6 address of a /64 as one', async () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      await signIn(`user-${attempt}`, 'wrong', { address: `2a00:1:2:3::${attempt.toString(16)}` })
    }
    expect((await signIn('ana', PASSWORD, { address: '2a00:1:2:3:ffff::1' })).status).toBe(429)
    expect((await signIn('ana', PASSWORD, { address: '2a00:1:2:4::1' })).status).toBe(201)
  })

  test('do not add up once one of them succeeded', async () => {
    for (let round = 0; round < 3; round++) {
      for (let attempt = 0; attempt < 9; attempt++) expect((await signIn('ana', 'wrong')).status).toBe(401)
      expect((await signIn('ana')).status).toBe(201)
    }
  })
})

describe('a session', () => {
  test('ends with signing out, also where the cookie is kept', async () => {
    const session = await signIn('ana')
    const left = await http.send('DELETE', SESSION, withCookie(session))
    expect(left.status).toBe(204)
    expect(left.headers.get('set-cookie')).toMatch(/^__Host-backbeat_session=; Max-Age=0; Path=\/; HttpOnly; Secure/)
    expect((await http.send('GET', SESSION, withCookie(session))).status).toBe(401)
  })

  test('ends when it is not used for twelve hours, and after seven days', async () => {
    const idle = await signIn('ana')
    http.clock.advance('12h')
    expect((await http.send('GET', SESSION, withCookie(idle))).status).toBe(401)
    const busy = await signIn('ana')
    for (let hours = 0; hours < 7 * 24; hours += 6) {
      expect((await http.send('GET', SESSION, withCookie(busy))).status).toBe(200)
      http.clock.advance('6h')
    }
    expect((await http.send('GET', SESSION, withCookie(busy))).status).toBe(401)
  })

  test('ends with a new password, and follows the role', async () => {
    await addUser('ben', 'operator')
    const session = await signIn('ben')
    await http.send('PATCH', `${USERS}/ben`, { json: { role: 'viewer' } })
    expect((await http.post('/api/v1/demo/echo', withCookie(session))).status).toBe(403)
    await http.send('PATCH', `${USERS}/ben`, { json: { password: 'another long password' } })
    expect((await http.send('GET', JOBS, withCookie(session))).status).toBe(401)
  })
})

describe('a page of another site', () => {
  test.each<[what: string, headers: Record<string, string>]>([
    ['as a modern browser says it', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['of the same domain', { 'sec-fetch-site': 'same-site', origin: 'http://other.backbeat.test' }],
    ['as an older browser says it', { origin: 'https://evil.example' }],
    ['that hides where it is', { origin: 'null' }],
    ['on another port', { origin: 'http://backbeat.test:8080' }],
  ])('cannot use the session: %s', async (_what, headers) => {
    const session = await signIn('ana')
    for (const [method, path] of [
      ['POST', '/api/v1/demo/echo'],
      ['DELETE', SESSION],
      ['POST', USERS],
    ] as const) {
      const answer = await http.send(method, path, withCookie(session, headers))
      expect([answer.status, answer.json.code]).toEqual([403, 'cross_origin'])
    }
    expect((await signIn('ana', PASSWORD, { headers })).json.code).toBe('cross_origin')
    expect(await http.stored()).toBe(0)
    expect((await http.send('GET', SESSION, withCookie(session))).status).toBe(200)
  })

  test.each<[what: string, headers: Record<string, string>]>([
    ['a browser on our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://backbeat.test' }],
    ['an older one', { origin: 'http://backbeat.test' }],
    ['one behind a proxy that ends TLS', { origin: 'https://backbeat.test', host: 'backbeat.test' }],
    ['a program', {}],
  ])('is not %s', async (_what, headers) => {
    const session = await signIn('ana')
    expect((await http.post('/api/v1/demo/echo', withCookie(session, headers))).status).toBe(202)
  })

  test('that is trusted may use it', async () => {
    const open = await openHttp({
      trustedOrigins: ['https://app.example.com'],
      authenticate: () => ({ name: 'ana', role: 'operator' }),
    })
    const post = (origin: string) =>
      open.post('/api/v1/demo/echo', { token: null, headers: { origin, 'sec-fetch-site': 'cross-site' } })
    expect((await post('https://app.example.com')).status).toBe(202)
    expect((await post('https://app.example.com.evil.example')).status).toBe(403)
    await open.store.close()
  })

  test('that is trusted is told so by the browser, and no other site is', async () => {
    const trusted = 'https://app.example.com'
    const open = await openHttp({ trustedOrigins: [trusted] })
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const preflight = (origin: string) =>
      open.send('OPTIONS', '/api/v1/demo/echo', { token: null, headers: { origin, ...asked } })
    const allowed = (await preflight(trusted)).headers
    expect(allowed.get('access-control-allow-origin')).toBe(trusted)
    expect(allowed.get('access-control-allow-credentials')).toBe('true')
    expect(allowed.get('access-control-allow-headers')).toBe('content-type')
    for (const origin of [trusted, 'https://elsewhere.example']) {
      const { status, headers } = await open.send('GET', SESSION, { headers: { origin } })
      expect([status, headers.get('access-control-allow-origin')]).toEqual([200, origin === trusted ? origin : null])
    }
    expect((await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull()
    await open.store.close()
    const closed = await http.send('GET', SESSION, { headers: { origin: trusted } })
    expect(closed.headers.get('access-control-allow-origin')).toBeNull()
    expect((await http.send('OPTIONS', SESSION, { headers: { origin: trusted, ...asked } })).status).toBe(405)
  })

  test('is let through with a token, which no browser sends by itself', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' }
    expect((await http.post('/api/v1/demo/echo', { headers })).status).toBe(202)
  })
})
