import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHarness, openHttp, TOKEN } from '../http/harness.conformance.ts'
import { createBackbeatClient } from './index.ts'

const PASSWORD = 'correct horse battery'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

function connect(token?: string) {
  return createBackbeatClient({
    baseUrl: 'http://backbeat.test',
    ...(token !== undefined && { token }),
    fetch: (input, init) => http.respond(new Request(input, init)),
  }).access
}

/** A client that holds its session's cookie, as a browser does. */
function browse() {
  let cookie = ''
  return createBackbeatClient({
    baseUrl: 'http://backbeat.test',
    fetch: async (input, init) => {
      const request = new Request(input, init)
      request.headers.set('cookie', cookie)
      const response = await http.respond(request)
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return response
    },
  }).access
}

describe('the client', () => {
  test('signs in, says who one is, and signs out', async () => {
    await connect(TOKEN).addUser({ name: 'ana', role: 'operator', password: PASSWORD })
    const ana = browse()
    await expect(ana.whoAmI()).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(ana.signIn({ name: 'ana', password: 'wrong' })).rejects.toMatchObject({ code: 'invalid_credentials' })
    const session = await ana.signIn({ name: 'ana', password: PASSWORD })
    expect(session).toMatchObject({ name: 'ana', kind: 'user', can_sign_out: true })
    expect(await ana.whoAmI()).toEqual(session)
    expect(await ana.signOut()).toBeUndefined()
    await expect(ana.whoAmI()).rejects.toMatchObject({ status: 401 })
  })

  test('changes the password of who is signed in', async () => {
    await connect(TOKEN).addUser({ name: 'ana', role: 'viewer', password: PASSWORD })
    const ana = browse()
    await ana.signIn({ name: 'ana', password: PASSWORD })
    const change = { current_password: PASSWORD, new_password: 'another long password' }
    expect(await ana.changePassword(change)).toBeUndefined()
    await expect(ana.changePassword(change)).rejects.toMatchObject({ code: 'wrong_password' })
  })

  test('adds, changes and lists users', async () => {
    const access = connect(TOKEN)
    await access.addUser({ name: 'ana', role: 'admin', password: PASSWORD })
    await access.addUser({ name: 'ben', role: 'viewer', password: PASSWORD })
    expect(await access.changeUser('ben', { role: 'operator' })).toMatchObject({ name: 'ben', role: 'operator' })
    expect((await access.users()).map(({ name }) => name)).toEqual(['ana', 'ben'])
    await expect(access.changeUser('a/b', { disabled: true })).rejects.toMatchObject({ code: 'unknown_user' })
  })

  test('makes, lists and revokes tokens', async () => {
    const access = connect(TOKEN)
    const { token } = await access.createToken({ name: 'ci', permissions: ['background_tasks.view'] })
    expect(await connect(token).whoAmI()).toMatchObject({ kind: 'token', name: 'ci' })
    expect((await access.tokens()).map(({ name }) => name)).toEqual(['ci'])
    expect(await access.revokeToken('ci')).toBeUndefined()
    await expect(connect(token).whoAmI()).rejects.toMatchObject({ status: 401 })
  })

  test('reads the audit log, page by page', async () => {
    const access = connect(TOKEN)
    for (const name of ['ana', 'ben', 'carl']) await access.addUser({ name, role: 'viewer', password: PASSWORD })
    await access.createToken({ name: 'ci', permissions: [] })
    const subjects: string[] = []
    for await (const { subject } of access.auditLog({ action: 'user.create', limit: 2 })) subjects.push(subject)
    expect(subjects).toEqual(['user:carl', 'user:ben', 'user:ana'])
  })
})
