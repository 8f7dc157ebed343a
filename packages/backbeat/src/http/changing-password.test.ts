import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type HttpHarness, openHttp, type Sent } from './harness.conformance.ts'

const SESSION = '/api/v1/admin/session'
const USERS = '/api/v1/admin/users'
const PASSWORD = 'correct horse battery'
const NEW_PASSWORD = 'another long password'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
  await http.post(USERS, { json: { name: 'ana', role: 'viewer', password: PASSWORD } })
})

afterEach(() => http.store.close())

/** As a browser sends it: the cookie, and where the request comes from. */
function withCookie(answer: Answer): Sent {
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { token: null, headers: { cookie, 'sec-fetch-site': 'same-origin' } }
}

function signIn(password = PASSWORD): Promise<Answer> {
  return http.post(SESSION, { token: null, json: { name: 'ana', password } })
}

function change(session: Sent, current: string, next = NEW_PASSWORD): Promise<Answer> {
  return http.post(`${SESSION}/password`, { ...session, json: { current_password: current, new_password: next } })
}

async function statusOf(session: Sent): Promise<number> {
  return (await http.send('GET', SESSION, session)).status
}

async function audited(): Promise<unknown[]> {
  const { entries } = await http.store.access.auditLog({ actor: 'manual:ana' }, { limit: 10 })
  return entries.map(({ action, subject, after }) => [action, subject, after])
}

describe('changing your own password', () => {
  test('ends your other sessions, and not the one that it is done in', async () => {
    const [here, elsewhere] = [withCookie(await signIn()), withCookie(await signIn())]
    expect((await change(here, PASSWORD)).status).toBe(204)
    expect([await statusOf(here), await statusOf(elsewhere)]).toEqual([200, 401])
    expect([(await signIn()).status, (await signIn(NEW_PASSWORD)).status]).toEqual([401, 201])
  })

  test('is in the audit log, without the passwords', async () => {
    const session = withCookie(await signIn())
    await change(session, 'wrong')
    await change(session, PASSWORD)
    expect((await audited()).slice(0, 2)).toEqual([
      ['user.change_password', 'user:ana', { password: 'changed' }],
      ['user.change_password_failed', 'user:ana', null],
    ])
    const log = JSON.stringify((await http.get('/api/v1/admin/audit-log')).json)
    for (const password of [PASSWORD, NEW_PASSWORD]) expect(log).not.toContain(password)
  })

  test('is refused with a wrong password or a bad new one, and changes nothing', async () => {
    const [here, elsewhere] = [withCookie(await signIn()), withCookie(await signIn())]
    const wrong = await change(here, 'wrong')
    expect([wrong.status, wrong.json.code]).toEqual([403, 'wrong_password'])
    const short = await change(here, PASSWORD, 'short')
    expect([short.status, short.json.code]).toEqual([422, 'invalid_password'])
    expect([await statusOf(here), await statusOf(elsewhere), (await signIn()).status]).toEqual([200, 200, 201])
  })

  test('may be tried as often as signing in, and both are counted together', async () => {
    const session = withCookie(await signIn())
    for (let attempt = 0; attempt < 10; attempt++) expect((await change(session, 'wrong')).status).toBe(403)
    const refused = await change(session, PASSWORD)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '900'])
    expect((await signIn()).status).toBe(429)
    http.clock.advance('15m')
    expect((await change(session, PASSWORD)).status).toBe(204)
  })

  test.each([
    [400, 'malformed_json', '{', 'application/json'],
    [415, 'unsupported_media_type', '{}', 'text/plain'],
    [422, 'invalid_input', '{}', 'application/json'],
    [422, 'invalid_input', `{"current_password":7,"new_password":"${NEW_PASSWORD}"}`, 'application/json'],
    [
      422,
      'invalid_input',
      `{"current_password":"a","new_password":"${NEW_PASSWORD}","name":"ben"}`,
      'application/json',
    ],
    [422, 'invalid_input', `{"current_password":"a","new_password":"${'x'.repeat(1001)}"}`, 'application/json'],
    [403, 'wrong_password', `{"current_password":"\\u0000","new_password":"${NEW_PASSWORD}"}`, 'application/json'],
  ])('answers %i %s to %.70s', async (status, code, body, type) => {
    const session = withCookie(await signIn())
    const sent = { ...session, body, headers: { ...session.headers, 'content-type': type } }
    const answer = await http.post(`${SESSION}/password`, sent)
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })

  test('is for those who have signed in with one', async () => {
    const refused = await change({}, PASSWORD)
    expect([refused.status, refused.json.code]).toEqual([403, 'no_password'])
    expect((await change({ token: null }, PASSWORD)).status).toBe(401)
    const session = withCookie(await signIn())
    const foreign = { ...session, headers: { ...session.headers, 'sec-fetch-site': 'cross-site' } }
    expect((await change(foreign, PASSWORD)).json.code).toBe('cross_origin')
    expect((await signIn()).status).toBe(201)
  })
})
