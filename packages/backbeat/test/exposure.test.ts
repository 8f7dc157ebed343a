import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { type BackbeatOptions, createBackbeat, task } from '../src/index.ts'

const echo = task({ name: 'demo.echo', input: z.unknown(), run: () => undefined })
const SESSION = '/api/v1/admin/session'

function open(options: Partial<BackbeatOptions> = {}) {
  const logged: string[] = []
  const logger = pino({}, { write: (line) => void logged.push(JSON.parse(line).msg) })
  const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [echo], logger, ...options })
  onTestFinished(() => backbeat.close())
  const ask = async (origin: string, init: RequestInit = {}, path = SESSION) => {
    const response = await backbeat.fetch(new Request(`${origin}${path}`, init))
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { backbeat, logged, ask }
}

describe('on this machine, with nothing configured', () => {
  test('whoever reaches it is the developer, and one line says so', async () => {
    const { backbeat, logged, ask } = open()
    expect((await ask('http://localhost:4000')).status).toBe(401)
    expect(await backbeat.expose({ host: '127.0.0.1' })).toBe(true)
    expect(logged).toEqual([expect.stringContaining('signed in as the developer')])
    expect((await ask('http://localhost:4000')).body).toMatchObject({
      kind: 'developer',
      triggered_by: 'manual:developer',
      permissions: expect.arrayContaining(['background_tasks.admin']),
      can_sign_out: false,
    })
  })

  test('BACKBEAT_ADMIN_TOKEN is the token that may do everything, unless another or none is given', async () => {
    vi.stubEnv('BACKBEAT_ADMIN_TOKEN', 'of-the-environment')
    onTestFinished(() => void vi.unstubAllEnvs())
    const statusOf = async (options: Partial<BackbeatOptions>) => {
      const { backbeat, ask } = open(options)
      const isDeveloper = await backbeat.expose({ host: '127.0.0.1' })
      const { status } = await ask('http://localhost', { headers: { authorization: 'Bearer of-the-environment' } })
      return [isDeveloper, status]
    }
    expect(await statusOf({})).toEqual([false, 200])
    expect(await statusOf({ adminToken: 'another-one' })).toEqual([false, 401])
    expect(await statusOf({ adminToken: '' })).toEqual([true, 401])
  })

  test('a wrong token is still refused', async () => {
    const { backbeat, ask } = open()
    await backbeat.expose({ host: 'localhost' })
    expect((await ask('http://localhost', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
  })

  test('whoever asked under another name is not the developer, where the server around writes its own', async () => {
    const { backbeat, ask } = open()
    await backbeat.expose({ host: '127.0.0.1' })
    const statusFor = async (host: string) => (await ask('http://localhost:4000', { headers: { host } })).status
    expect(await statusFor('rebound.example:4000')).toBe(401)
    expect(await statusFor('localhost.example')).toBe(401)
    expect(await statusFor('localhost:4000')).toBe(200)
    expect(await statusFor('[::1]:4000')).toBe(200)
  })

  test('a page of another site is not the developer, whatever its name leads to', async () => {
    const { backbeat, ask } = open()
    await backbeat.expose({ host: '127.0.0.1' })
    const post = (headers: Record<string, string>) =>
      ask('http://localhost:4000', { method: 'POST', headers }, '/api/v1/demo/echo')
    expect((await post({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).body.code).toBe(
      'cross_origin',
    )
    expect((await post({ origin: 'http://localhost:5000', 'sec-fetch-site': 'same-site' })).body.code).toBe(
      'cross_origin',
    )
    // A name of theirs that leads to this machine makes it the same origin, but not a name of this machine.
    expect((await ask('http://rebound.evil.example:4000')).status).toBe(401)
    expect((await post({})).status).toBe(202)
  })

  test('a tunnel does not make the rest of the world the developer', async () => {
    const { backbeat, ask } = open()
    await backbeat.expose({ host: '127.0.0.1' })
    for (const name of ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded']) {
      expect((await ask('http://localhost:4000', { headers: { [name]: '1.2.3.4' } })).status).toBe(401)
    }
  })
})

describe('where others could reach it', () => {
  test.each(['0.0.0.0', '::', '10.0.0.1'])('it does not start on %s while nobody could sign in', async (host) => {
    await expect(open().backbeat.expose({ host })).rejects.toMatchObject({ code: 'no_credentials' })
  })

  test('an admin token, a hook, a user or a token of the store is enough', async () => {
    const ways: Partial<BackbeatOptions>[] = [{ adminToken: 'secret' }, { authenticate: () => null }]
    for (const way of ways) expect(await open(way).backbeat.expose({ host: '0.0.0.0' })).toBe(false)
    const actor = { name: 'cli:test', requestId: null, address: null }
    const withUser = open().backbeat
    const password = 'correct horse battery'
    await (await withUser.openAccess()).users.add({ name: 'ana', role: 'admin', password }, actor)
    expect(await withUser.expose({ host: '0.0.0.0' })).toBe(false)
    const withToken = open().backbeat
    const { tokens } = await withToken.openAccess()
    await tokens.create({ name: 'ci', permission: null, tasks: null, expires: null }, actor)
    expect(await withToken.expose({ host: '0.0.0.0' })).toBe(false)
    await tokens.revoke('ci', actor)
    await expect(withToken.expose({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'no_credentials' })
  })
})

describe('in production', () => {
  test('nobody is signed in on this machine either', async () => {
    const { backbeat } = open({ production: true, allowLocal: true })
    await expect(backbeat.expose({ host: '127.0.0.1' })).rejects.toMatchObject({ code: 'no_credentials' })
  })

  test.each<[Partial<BackbeatOptions>, string]>([
    [{ store: 'sqlite::memory:' }, 'local_service'],
    [{ store: 'postgres://app@127.0.0.1:1/app' }, 'local_service'],
    [{ allowLocal: true, adminToken: 'change-me' }, 'default_secret'],
    [{ allowLocal: true, metricsToken: 'metrics' }, 'default_secret'],
  ])('%j is refused before anything is opened', async (options, code) => {
    await expect(open({ production: true, ...options }).backbeat.open()).rejects.toMatchObject({ code })
  })
})
