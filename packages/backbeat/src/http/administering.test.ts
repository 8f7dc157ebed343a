import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, type HttpHarness, JOBS, openHttp, productImport } from './harness.conformance.ts'

const USERS = '/api/v1/admin/users'
const TOKENS = '/api/v1/admin/tokens'
const AUDIT = '/api/v1/admin/audit-log'
const PASSWORD = 'correct horse battery'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

async function createToken(json: object): Promise<string> {
  const answer = await http.post(TOKENS, { json: { name: 'ci', permissions: [], ...json } })
  expect(answer.status).toBe(201)
  return answer.json.token
}

async function audited(query = ''): Promise<Record<string, unknown>[]> {
  return (await http.get(`${AUDIT}${query}`)).json.items
}

describe('users', () => {
  test('are added, listed and changed, and their passwords are never shown', async () => {
    await http.post(USERS, { json: { name: 'Ana', role: 'admin', password: PASSWORD } })
    await http.post(USERS, { json: { name: 'ben@example.com', role: 'viewer', password: PASSWORD } })
    const changed = await http.send('PATCH', `${USERS}/ben@example.com`, { json: { role: 'operator', disabled: true } })
    expect(changed.json).toMatchObject({ name: 'ben@example.com', role: 'operator', disabled_at: expect.any(String) })
    const list = await http.get(USERS)
    expect(list.json.items.map(({ name }: { name: string }) => name)).toEqual(['ana', 'ben@example.com'])
    expect(list.text).not.toMatch(/password|scrypt/)
  })

  test.each([
    [{ name: 'a b', role: 'viewer', password: PASSWORD }, 422, 'invalid_name'],
    [{ name: 'a\0', role: 'viewer', password: PASSWORD }, 422, 'invalid_name'],
    [{ name: 'ana', role: 'owner', password: PASSWORD }, 422, 'invalid_input'],
    [{ name: 'ana', role: 'viewer', password: 'short' }, 422, 'invalid_password'],
    [{ name: 'ana', role: 'viewer', password: 'x'.repeat(1001) }, 422, 'invalid_input'],
    [{ name: 'ana', role: 'viewer', password: PASSWORD, extra: 1 }, 422, 'invalid_input'],
  ])('that cannot be are refused: %j', async (json, status, code) => {
    const answer = await http.post(USERS, { json })
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(answer.text).not.toContain(PASSWORD)
  })

  test('refuse a name that is taken, one that is unknown, and to lose the last administrator', async () => {
    const ana = { name: 'ana', role: 'admin', password: PASSWORD }
    await http.post(USERS, { json: ana })
    const refusals = [
      await http.post(USERS, { json: ana }),
      await http.send('PATCH', `${USERS}/nobody`, { json: { role: 'viewer' } }),
      await http.send('PATCH', `${USERS}/%00`, { json: { role: 'viewer' } }),
      await http.send('PATCH', `${USERS}/ana`, { json: { role: 'viewer' } }),
      await http.send('PATCH', `${USERS}/ana`, { json: { disabled: true } }),
      await http.send('PATCH', `${USERS}/ana`, { json: {} }),
    ]
    expect(refusals.map(({ status, json }) => [status, json.code])).toEqual([
      [409, 'name_taken'],
      [404, 'unknown_user'],
      [404, 'unknown_user'],
      [409, 'last_admin'],
      [409, 'last_admin'],
      [422, 'invalid_input'],
    ])
  })
})

describe('tokens', () => {
  test('are shown once, and are good for what they were made for', async () => {
    const token = await createToken({ permissions: ['background_tasks.manage'], tasks: ['catalog.*'] })
    expect(token).toMatch(/^bb_[0-9a-f]{64}_[0-9a-f]{8}$/)
    const list = await http.get(TOKENS)
    expect(list.text).not.toContain(token.slice(3, 40))
    expect(list.json.items).toEqual([
      {
        name: 'ci',
        permissions: ['background_tasks.view', 'background_tasks.manage'],
        tasks: ['catalog.*'],
        created_at: expect.any(String),
        created_by: 'api:admin',
        expires_at: null,
        revoked_at: null,
        last_used_at: null,
      },
    ])
    const started = await http.post('/api/v1/catalog/product_import', { token, json: { shop: 'nord' } })
    expect((await http.client.get(started.json.job_id)).triggeredBy).toBe('api:ci')
    expect((await http.post('/api/v1/demo/echo', { token })).status).toBe(403)
    const others = await http.enqueue(echo)
    const page = await http.send('GET', JOBS, { token })
    expect(page.json.items.map(({ id }: { id: string }) => id)).toEqual([started.json.job_id])
    expect((await http.send('GET', `${JOBS}/${others}`, { token })).status).toBe(404)
    expect((await http.send('GET', '/api/v1/admin/session', { token })).json).toMatchObject({
      kind: 'token',
      name: 'ci',
    })
    expect((await http.get(TOKENS)).json.items[0].last_used_at).toBe(new Date(http.clock.now()).toISOString())
  })

  test('without a permission start their tasks, and read what they started', async () => {
    const token = await createToken({ tasks: ['demo.*'] })
    await http.enqueue(echo)
    const started = await http.post('/api/v1/demo/echo', { token })
    expect(started.status).toBe(202)
    expect((await http.send('GET', started.json.status_url, { token })).status).toBe(200)
    expect((await http.send('GET', JOBS, { token })).json.items).toHaveLength(1)
    expect((await http.post('/api/v1/catalog/product_import', { token })).status).toBe(403)
    expect((await http.post(`${started.json.status_url}/cancel`, { token })).status).toBe(403)
  })

  test('that are limited to some tasks cannot make themselves others', async () => {
    const token = await createToken({ permissions: ['background_tasks.admin'], tasks: ['demo.*'] })
    for (const path of [USERS, TOKENS, AUDIT]) expect((await http.send('GET', path, { token })).status).toBe(403)
    const json = { name: 'more', permissions: ['background_tasks.admin'] }
    expect((await http.post(TOKENS, { token, json })).json.code).toBe('forbidden')
  })

  test('are of no use once they are revoked or have expired', async () => {
    const token = await createToken({ permissions: ['background_tasks.view'], expires_in: '90d' })
    expect((await http.send('GET', JOBS, { token })).status).toBe(200)
    expect((await http.send('DELETE', `${TOKENS}/ci`)).status).toBe(204)
    expect((await http.send('GET', JOBS, { token })).status).toBe(401)
    expect((await http.send('DELETE', `${TOKENS}/ci`)).json.code).toBe('already_revoked')
    expect((await http.send('DELETE', `${TOKENS}/a%00b`)).json.code).toBe('unknown_token')
    const brief = await createToken({ name: 'brief', permissions: ['background_tasks.view'], expires_in: '1h' })
    http.clock.advance('1h')
    expect((await http.send('GET', JOBS, { token: brief })).status).toBe(401)
  })

  test('with one character wrong are refused', async () => {
    const token = await createToken({ permissions: ['background_tasks.view'] })
    const wrong = `${token.slice(0, 10)}${token[10] === 'a' ? 'b' : 'a'}${token.slice(11)}`
    expect((await http.send('GET', JOBS, { token: wrong })).status).toBe(401)
    expect((await http.send('GET', JOBS, { token: token.slice(0, -9) })).status).toBe(401)
  })

  test.each([
    [{ name: 'ADMIN' }, 409, 'name_taken'],
    [{ name: '' }, 422, 'invalid_input'],
    [{ tasks: ['Catalog.*'] }, 422, 'invalid_task_pattern'],
    [{ tasks: [] }, 422, 'invalid_task_pattern'],
    [{ expires_in: 'soon' }, 422, 'invalid_input'],
    [{ expires_in: '999999999d' }, 422, 'invalid_expiry'],
    [{ permissions: ['all'] }, 422, 'invalid_input'],
  ])('that cannot be are refused: %j', async (json, status, code) => {
    const answer = await http.post(TOKENS, { json: { name: 'ci', permissions: [], ...json } })
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })
})

describe('the audit log', () => {
  test('says who changed what, from where', async () => {
    const headers = { 'x-request-id': 'deploy-7' }
    const failed = await http.failed(productImport, { shop: 'nord' })
    const retried = await http.post(`${JOBS}/${failed}/retry`, { headers, address: '10.1.2.3' })
    expect(retried.headers.get('x-request-id')).toBe('deploy-7')
    await http.post(`${JOBS}/${retried.json.job_id}/cancel`, { json: { reason: 'wrong feed' } })
    await http.post(USERS, { json: { name: 'ana', role: 'admin', password: PASSWORD } })
    await http.send('PATCH', `${USERS}/ana`, { json: { password: `${PASSWORD}!` } })
    await http.post('/api/v1/admin/session', { token: null, json: { name: 'ana', password: 'wrong' } })
    await http.post('/api/v1/admin/session', { token: null, json: { name: 'ana', password: `${PASSWORD}!` } })
    await createToken({ permissions: ['background_tasks.view'] })
    await http.send('DELETE', `${TOKENS}/ci`)
    const entries = await audited()
    expect(entries.map(({ actor, action, subject }) => `${actor} ${action} ${subject}`)).toEqual([
      'api:admin token.revoke token:ci',
      'api:admin token.create token:ci',
      'manual:ana session.sign_in user:ana',
      'anonymous session.sign_in_failed user:ana',
      'api:admin user.change user:ana',
      'api:admin user.create user:ana',
      `api:admin job.cancel job:${retried.json.job_id}`,
      `api:admin job.retry job:${failed}`,
    ])
    expect(entries.at(-1)).toMatchObject({
      request_id: 'deploy-7',
      address: '10.1.2.3',
      after: { job_id: retried.json.job_id, scope: 'all' },
    })
    expect(entries.at(-2)).toMatchObject({
      before: { status: 'pending' },
      after: { status: 'cancelled', reason: 'wrong feed' },
    })
    expect(JSON.stringify(entries)).not.toContain(PASSWORD)
  })

  test('has nothing of what was refused or only read', async () => {
    const done = await http.completed()
    await http.post(`${JOBS}/${done}/retry`)
    await http.post(`${JOBS}/${done}/cancel`)
    await http.post(USERS, { json: { name: 'ana' } })
    await http.get(JOBS)
    expect(await audited()).toEqual([])
  })

  test('is filtered, in pages that join', async () => {
    for (const name of ['a', 'b', 'c']) await createToken({ name })
    await http.send('DELETE', `${TOKENS}/b`)
    expect(await audited('?action=token.create')).toHaveLength(3)
    expect(await audited('?subject=token:b')).toHaveLength(2)
    expect(await audited('?actor=manual:nobody')).toEqual([])
    const first = (await http.get(`${AUDIT}?limit=3`)).json
    const rest = (await http.get(`${AUDIT}?limit=3&cursor=${first.next_cursor}`)).json
    expect([first.items.length, rest.items.length, rest.next_cursor]).toEqual([3, 1, null])
    expect((await http.get(`${AUDIT}?cursor=x`)).json.code).toBe('invalid_cursor')
  })

  test('is for administrators', async () => {
    const token = await createToken({ permissions: ['background_tasks.manage'] })
    expect((await http.send('GET', AUDIT, { token })).status).toBe(403)
  })

  test('takes the address from a proxy only where one is trusted', async () => {
    const headers = { 'x-forwarded-for': '1.2.3.4, 5.6.7.8' }
    const addressIn = async (trustProxy: boolean) => {
      const open = await openHttp({ trustProxy })
      await open.post(TOKENS, { json: { name: 'ci', permissions: [] }, headers, address: '10.0.0.1' })
      const [entry] = (await open.get(AUDIT)).json.items
      await open.store.close()
      return entry.address
    }
    expect([await addressIn(true), await addressIn(false)]).toEqual(['5.6.7.8', '10.0.0.1'])
  })

  test('that cannot be written is said in the log, and the change stands', async () => {
    const id = await http.enqueue()
    http.store.access.recordAudit = () => Promise.reject(new Error('disk full'))
    expect((await http.post(`${JOBS}/${id}/cancel`)).status).toBe(200)
    expect(http.logged).toMatchObject([{ action: 'job.cancel', err: { message: 'disk full' } }])
  })
})
