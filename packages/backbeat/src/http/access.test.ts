import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { HostPrincipal } from '../access/host-principal.ts'
import { task } from '../task/define.ts'
import { echo, type HttpHarness, JOBS, NO_JOB, openHttp, productImport, type Sent } from './harness.conformance.ts'

const PEOPLE: Record<string, HostPrincipal> = {
  ana: { name: 'ana', starts: ['demo.*'] },
  vera: { name: 'vera', role: 'viewer' },
  oscar: { name: 'oscar', role: 'operator' },
  shop: { name: 'shop', role: 'operator', tasks: ['catalog.*'] },
}

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp({ authenticate: (request) => PEOPLE[request.headers.get('x-session') ?? ''] ?? null })
})

afterEach(() => http.store.close())

const as = (who: string): Sent => ({ token: null, headers: { 'x-session': who } })

describe("the application's own session", () => {
  test('says who asks, and what they started is recorded under their name', async () => {
    const { status, json } = await http.post('/api/v1/demo/echo', as('oscar'))
    expect(status).toBe(202)
    expect((await http.client.get(json.job_id)).triggeredBy).toBe('manual:oscar')
    const failed = await http.failed()
    const retried = await http.post(`${JOBS}/${failed}/retry`, as('oscar'))
    expect((await http.client.get(retried.json.job_id)).triggeredBy).toBe('retry:oscar')
    const cancelled = await http.post(`${JOBS}/${retried.json.job_id}/cancel`, as('oscar'))
    expect(cancelled.json.cancel_reason).toBe('Cancelled by manual:oscar')
  })

  test('that is not known is asked to sign in', async () => {
    expect((await http.send('GET', JOBS, as('mallory'))).status).toBe(401)
  })

  test('that cannot be used is a fault of ours, and is logged', async () => {
    const broken = await openHttp({ authenticate: () => ({ name: '' }) })
    const answer = await broken.send('GET', JOBS, { token: null })
    expect([answer.status, answer.json.code]).toEqual([500, 'invalid_principal'])
    expect(broken.logged).not.toEqual([])
  })

  test('does not take the place of a token', async () => {
    expect((await http.get(JOBS)).status).toBe(200)
  })

  test('may be known by a bearer token of its own', async () => {
    const own = await openHttp({
      authenticate: (request) =>
        request.headers.get('authorization') === 'Bearer of-the-application' ? { name: 'ana', role: 'viewer' } : null,
    })
    expect((await own.send('GET', JOBS, { token: 'of-the-application' })).status).toBe(200)
    expect((await own.send('GET', JOBS, { token: 'of-another' })).status).toBe(401)
    expect((await own.send('GET', JOBS)).status).toBe(200)
    await own.store.close()
  })
})

describe('a viewer', () => {
  test('reads everything', async () => {
    const id = await http.failed(productImport, { shop: 'nord' })
    for (const path of [JOBS, ...['', '/items', '/logs', '/attempts'].map((rest) => `${JOBS}/${id}${rest}`)]) {
      expect([path, (await http.send('GET', path, as('vera'))).status]).toEqual([path, 200])
    }
  })

  test.each([
    '/api/v1/demo/echo',
    `${JOBS}/${NO_JOB}/retry`,
    `${JOBS}/${NO_JOB}/retry-failed-items`,
    `${JOBS}/${NO_JOB}/cancel`,
  ])('changes nothing: %s', async (path) => {
    const answer = await http.send('POST', path, as('vera'))
    expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json.detail).toContain('background_tasks.manage')
    expect(await http.stored()).toBe(0)
  })
})

describe('somebody without a role', () => {
  test('starts what they are let, and reads the jobs that they started', async () => {
    const others = await http.enqueue(echo)
    const { json } = await http.post('/api/v1/demo/echo', as('ana'))
    const page = await http.send('GET', JOBS, as('ana'))
    expect(page.json.items.map(({ id }: { id: string }) => id)).toEqual([json.job_id])
    expect((await http.send('GET', json.status_url, as('ana'))).status).toBe(200)
    expect((await http.send('GET', `${JOBS}/${others}`, as('ana'))).status).toBe(404)
    expect((await http.post(`${json.status_url}/cancel`, as('ana'))).status).toBe(403)
    expect((await http.post('/api/v1/catalog/product_import', as('ana'))).status).toBe(403)
    expect((await http.post('/api/v1/no/such', as('ana'))).status).toBe(403)
    for (const query of ['queue=batch', 'priority=9', 'delay=5m']) {
      const answer = await http.post(`/api/v1/demo/echo?${query}`, as('ana'))
      expect([query, answer.status, answer.json.code]).toEqual([query, 403, 'forbidden'])
    }
  })
})

describe('a job of somebody else that is in the way', () => {
  const limited = task({
    name: 'demo.limited',
    input: z.object({}),
    unique: { key: () => 'one' },
    run: () => undefined,
  })
  const narrow = task({ name: 'demo.narrow', input: z.object({}), concurrency: { limit: 1 }, run: () => undefined })

  beforeEach(() => {
    http.registry.add(limited, 'tasks.ts')
    http.registry.add(narrow, 'tasks.ts')
  })

  test('is told of to who may not see it, and not which it is', async () => {
    const { json: own } = await http.post('/api/v1/demo/limited', as('ana'))
    expect((await http.post('/api/v1/demo/limited', as('ana'))).json).toMatchObject({ active_job_id: own.job_id })
    await http.client.cancel(own.job_id, 'to make place')
    const others = await http.enqueue(limited)
    for (const headers of [{}, { 'idempotency-key': 'once' }]) {
      const sent = as('ana')
      const refused = await http.post('/api/v1/demo/limited', { ...sent, headers: { ...sent.headers, ...headers } })
      expect([refused.status, refused.json.code]).toEqual([409, 'already_running'])
      expect(refused.text).not.toContain(others)
    }
    expect((await http.post('/api/v1/demo/limited', as('oscar'))).json.active_job_id).toBe(others)
  })

  test('is counted where it holds the place that a job waits for, and not named', async () => {
    const holder = await http.start(narrow)
    const { json: waiting } = await http.post('/api/v1/demo/narrow', as('ana'))
    await http.store.claim({ worker: 'worker-1', limit: 100, queues: null, leaseMs: 15_000 })
    const path = `${JOBS}/${waiting.job_id}/explain`
    const shown = await http.send('GET', path, as('vera'))
    expect(shown.json.reasons[0]).toMatchObject({ code: 'concurrency_limit' })
    expect(shown.text).toContain(holder.jobId)
    const hidden = await http.send('GET', path, as('ana'))
    expect(hidden.json.reasons[0]).toMatchObject({
      code: 'concurrency_limit',
      sentence: expect.stringContaining('held by 1 job of others'),
    })
    expect(hidden.text).not.toContain(holder.jobId)
  })
})

describe('somebody who is limited to some tasks', () => {
  test('learns nothing of other jobs by selecting them', async () => {
    const echoed = await http.failed(echo)
    const select = { action: 'retry', ids: [echoed, NO_JOB] }
    const { json } = await http.post(`${JOBS}/bulk`, { ...as('shop'), json: select })
    const skipped = json.skipped as { job_id: string; code: string; message: string }[]
    const said = skipped.map(({ job_id, code, message }) => [code, message.replace(job_id, '')])
    expect(said).toHaveLength(2)
    expect(said[0]).toEqual(said[1])
    expect(skipped.map(({ job_id }) => job_id)).toEqual(select.ids)
  })

  test('sees and changes only those', async () => {
    const imported = await http.failed(productImport, { shop: 'nord' })
    const echoed = await http.failed(echo)
    const page = await http.send('GET', JOBS, as('shop'))
    expect(page.json.items.map(({ id }: { id: string }) => id)).toEqual([imported])
    for (const rest of ['', '/items', '/logs', '/attempts']) {
      expect((await http.send('GET', `${JOBS}/${echoed}${rest}`, as('shop'))).status).toBe(404)
    }
    expect((await http.post(`${JOBS}/${echoed}/retry`, as('shop'))).status).toBe(404)
    expect((await http.post(`${JOBS}/${echoed}/cancel`, as('shop'))).status).toBe(404)
    expect((await http.post('/api/v1/demo/echo', as('shop'))).status).toBe(403)
    expect((await http.post(`${JOBS}/${imported}/retry`, as('shop'))).status).toBe(202)
  })
})
