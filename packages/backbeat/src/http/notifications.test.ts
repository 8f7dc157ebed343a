import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, flaky, type HttpHarness, JOBS, openHttp, productImport } from './harness.conformance.ts'

const NOTIFICATIONS = `${JOBS}/notifications`

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})
afterEach(() => http.store.close())

async function tokenFor(name: string, permissions: string[], tasks?: string[]): Promise<string> {
  return (await http.post('/api/v1/admin/tokens', { json: { name, permissions, ...(tasks && { tasks }) } })).json.token
}

/** A job of the echo that somebody asked for, and that failed. */
async function failedFor(token: string): Promise<string> {
  const { job_id } = (await http.post('/api/v1/demo/echo', { json: {}, token })).json
  const { jobs } = await http.store.claim({ worker: 'worker-1', limit: 100, queues: null, leaseMs: 15_000 })
  for (const job of jobs) await http.end(job, http.failure('no such feed'))
  return job_id
}

const list = async (query = '', token?: string) =>
  (await http.send('GET', `${NOTIFICATIONS}${query}`, token === undefined ? {} : { token })).json

describe('the list of notifications', () => {
  test('has one for each reason, with the jobs, and how many are unread', async () => {
    const first = await http.failed(echo)
    http.clock.advance('1m')
    const last = await http.failed(echo)
    await http.failed(flaky)
    await http.partlyFailed(productImport, { shop: 'nord' })
    const { items, unread_count, next_cursor } = await list()
    expect([unread_count, next_cursor, items.length]).toEqual([2, null, 2])
    expect(items.find(({ task_type }: { task_type: string }) => task_type === 'demo.echo')).toEqual({
      id: expect.any(Number),
      status: 'failed',
      task_type: 'demo.echo',
      fingerprint: (await http.get(`${JOBS}/errors?task_type=demo.echo`)).json.items[0].fingerprint,
      error_type: 'FeedError',
      message: 'no such feed',
      count: 2,
      unread_count: 2,
      first_job_id: first,
      last_job_id: last,
      first_at: new Date(http.clock.now() - 60_000).toISOString(),
      last_at: new Date(http.clock.now()).toISOString(),
      read_at: null,
      yours: null,
    })
  })

  test('comes in pages, and says what it cannot be asked for', async () => {
    await http.failed(echo)
    http.clock.advance('1s')
    await http.failed(flaky)
    const one = await list('?limit=1')
    const two = await list(`?limit=1&cursor=${one.next_cursor}`)
    expect([one, two].map(({ items }) => items[0].task_type)).toEqual(['payments.process', 'demo.echo'])
    expect([one.unread_count, two.next_cursor]).toEqual([2, null])
    const wrong = await http.get(`${NOTIFICATIONS}?unread=yes&mine=1&limit=0&cursor=`)
    expect(wrong.status).toBe(422)
    expect(wrong.json.errors.map(({ path }: { path: string }) => path)).toEqual(['unread', 'mine', 'limit', 'cursor'])
    expect((await http.get(`${NOTIFICATIONS}?cursor=x`)).json).toMatchObject({ code: 'invalid_cursor', status: 422 })
  })
})

describe('what one does with a notification', () => {
  test('is reading it, which others have not, until it happens again', async () => {
    const viewer = await tokenFor('viewer', ['background_tasks.view'])
    await http.failed()
    const { id } = (await list()).items[0]
    const read = await http.post(`${NOTIFICATIONS}/${id}/read`)
    expect([read.status, read.json]).toMatchObject([200, { id, unread_count: 0, read_at: expect.any(String) }])
    expect([(await list()).unread_count, (await list('', viewer)).unread_count]).toEqual([0, 1])
    expect((await list('?unread=true')).items).toEqual([])
    expect((await list('?unread=false')).items).toHaveLength(1)
    await http.failed()
    expect((await list('?unread=true')).items).toMatchObject([{ id, count: 2, unread_count: 1 }])
  })

  test('is reading it as far as one saw it', async () => {
    await http.failed()
    const { id, count } = (await list()).items[0]
    await http.failed()
    const read = await http.post(`${NOTIFICATIONS}/${id}/read`, { json: { count } })
    expect(read.json).toMatchObject({ count: 2, unread_count: 1 })
    for (const wrong of [-1, 1.5, '1', null, 1e300]) {
      const refused = await http.post(`${NOTIFICATIONS}/${id}/read`, { json: { count: wrong } })
      expect([wrong, refused.status, refused.json.code]).toEqual([wrong, 422, 'invalid_input'])
    }
  })

  test('is reading them all, or all that one saw', async () => {
    await http.failed(echo)
    const until = (await list()).items[0].last_at
    http.clock.advance('1s')
    await http.failed(flaky)
    expect((await http.post(`${NOTIFICATIONS}/read-all`, { json: { until } })).json).toEqual({
      read: 1,
      unread_count: 1,
    })
    expect((await http.post(`${NOTIFICATIONS}/read-all`)).json).toEqual({ read: 1, unread_count: 0 })
    const refused = await http.post(`${NOTIFICATIONS}/read-all`, { json: { until: 'yesterday' } })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, 'until'])
  })

  test('is dismissing it, until it happens again', async () => {
    await http.failed()
    const { id } = (await list()).items[0]
    expect((await http.post(`${NOTIFICATIONS}/${id}/dismiss`)).status).toBe(204)
    expect(await list()).toEqual({ items: [], next_cursor: null, unread_count: 0 })
    expect((await http.post(`${NOTIFICATIONS}/${id}/dismiss`)).json.code).toBe('unknown_notification')
    await http.failed()
    expect((await list()).items).toMatchObject([{ id, count: 2 }])
  })

  test('is refused where there is none of that id', async () => {
    for (const id of ['4711', '0', '-1', 'x', '1e3', '9'.repeat(40), '%00']) {
      for (const word of ['read', 'dismiss']) {
        const refused = await http.post(`${NOTIFICATIONS}/${id}/${word}`)
        expect([id, refused.status, refused.json.code]).toEqual([id, 404, 'unknown_notification'])
      }
    }
  })

  test('is in no audit log', async () => {
    await http.failed()
    await http.post(`${NOTIFICATIONS}/read-all`)
    expect((await http.get('/api/v1/admin/audit-log')).json.items).toEqual([])
  })
})

describe('who is told', () => {
  test('is who may see jobs of the task', async () => {
    const limited = await tokenFor('limited', ['background_tasks.view'], ['payments.*'])
    await http.failed(echo)
    await http.failed(flaky)
    const { items, unread_count } = await list('', limited)
    expect([unread_count, items.map(({ task_type }: { task_type: string }) => task_type)]).toEqual([
      1,
      ['payments.process'],
    ])
    const others = (await list()).items.find(({ task_type }: { task_type: string }) => task_type === 'demo.echo')
    const refused = await http.post(`${NOTIFICATIONS}/${others.id}/read`, { token: limited })
    expect([refused.status, refused.json.code]).toEqual([404, 'unknown_notification'])
  })

  test('is who started the job, of their own jobs alone', async () => {
    http = await openHttp({
      authenticate: (request) => {
        const name = request.headers.get('x-user')
        return name === null ? null : { name, starts: ['demo.*'] }
      },
    })
    const as = (name: string) => ({ token: null, headers: { 'x-user': name } })
    for (const name of ['ana', 'ana', 'ben'])
      await http.post('/api/v1/demo/echo', {
        json: {},
        token: null,
        headers: { 'x-user': name, 'content-type': 'application/json' },
      })
    const { jobs } = await http.store.claim({ worker: 'worker-1', limit: 100, queues: null, leaseMs: 15_000 })
    for (const job of jobs) await http.end(job, http.failure('no such feed'))
    const seenBy = async (name: string) => (await http.send('GET', NOTIFICATIONS, as(name))).json.items
    expect(await seenBy('ana')).toMatchObject([{ count: 2, yours: { count: 2 } }])
    expect(await seenBy('ben')).toMatchObject([{ count: 1, yours: { count: 1 } }])
    expect(await seenBy('eve')).toEqual([])
    expect((await list()).items).toMatchObject([{ count: 3, yours: null }])
    const [{ id }] = await seenBy('ana')
    expect((await http.post(`${NOTIFICATIONS}/${id}/read`, as('ben'))).status).toBe(404)
    expect((await http.post(`${NOTIFICATIONS}/${id}/read`, as('ana'))).status).toBe(200)
  })

  test('finds their own among all', async () => {
    const ci = await tokenFor('ci', ['background_tasks.manage'])
    const job = await failedFor(ci)
    await http.failed(flaky)
    expect((await list('?mine=true', ci)).items).toMatchObject([{ yours: { count: 1, last_job_id: job } }])
    expect((await list('', ci)).items).toHaveLength(2)
    expect((await list('?mine=true')).items).toEqual([])
  })
})
