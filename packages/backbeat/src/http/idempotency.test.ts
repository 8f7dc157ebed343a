import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { task } from '../task/define.ts'
import { echo, type HttpHarness, openHttp, productImport } from './harness.conformance.ts'

const returning = task({
  name: 'demo.returning',
  input: z.object({ at: z.string().optional() }),
  unique: { key: () => 'one', onConflict: 'return' },
  run: () => undefined,
})

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp({}, [echo, productImport, returning])
})

afterEach(() => http.store.close())

function send(key: string, json: unknown = { order: 1 }, path = 'demo/echo', token?: string) {
  return http.post(`/api/v1/${path}`, { json, headers: { 'idempotency-key': key }, ...(token && { token }) })
}

describe('a request that is sent again under its key', () => {
  test('is answered as before, with the same job', async () => {
    const first = await send('k-1')
    expect(first.status).toBe(202)
    const again = await send('"k-1"')
    expect([again.status, again.text]).toEqual([202, first.text])
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect(await http.stored()).toBe(1)
  })

  test('makes one job, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('k-1')))
    const ids = new Set(answers.filter(({ status }) => status === 202).map(({ json }) => json.job_id))
    expect(ids.size).toBe(1)
    for (const { status, json } of answers) {
      if (status !== 202) expect([status, json.code]).toEqual([409, 'idempotency_in_progress'])
    }
    expect(await http.stored()).toBe(1)
    expect((await send('k-1')).json.job_id).toBe([...ids][0])
  })

  test('is refused with another body, task or option', async () => {
    await send('k-1')
    const others = [
      await send('k-1', { order: 2 }),
      await send('k-1', { order: 1 }, 'demo/returning'),
      await send('k-1', { order: 1 }, 'demo/echo?priority=5'),
    ]
    for (const other of others) {
      expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused'])
    }
    expect(await http.stored()).toBe(1)
  })

  test('is another request where another principal sends it', async () => {
    const json = { name: 'ci', permissions: ['background_tasks.manage'] }
    const { token } = (await http.post('/api/v1/admin/tokens', { json })).json
    expect((await send('k-1')).json.job_id).not.toBe((await send('k-1', { order: 1 }, 'demo/echo', token)).json.job_id)
  })

  test('is a new one after a day', async () => {
    const first = await send('k-1')
    http.clock.advance('24h')
    const later = await send('k-1', { order: 2 })
    expect(later.status).toBe(202)
    expect(later.json.job_id).not.toBe(first.json.job_id)
  })

  test('may be corrected, where it was refused', async () => {
    expect((await send('k-1', {}, 'catalog/product_import')).status).toBe(422)
    expect((await send('k-1', { shop: 'nord' }, 'catalog/product_import')).status).toBe(202)
    expect((await send('k-2', { shop: 'nord' }, 'catalog/product_import')).json.code).toBe('already_running')
    expect((await send('k-1', { shop: 'nord' }, 'catalog/product_import')).status).toBe(202)
    expect(await http.stored()).toBe(1)
  })

  test('is answered with the job that was active, where the task returns that one', async () => {
    const active = await http.enqueue(returning)
    expect((await send('k-1', {}, 'demo/returning')).json.job_id).toBe(active)
    await http.client.cancel(active, 'over')
    expect((await send('k-1', {}, 'demo/returning')).json.job_id).toBe(active)
  })

  test('makes one job where whoever did it first died before or after storing it', async () => {
    for (const [key, isStored, path] of [
      ['before', false, 'demo/echo'],
      ['after', true, 'demo/echo'],
      ['after, unique', true, 'catalog/product_import'],
    ] as const) {
      const finish = http.store.access.finishRequest.bind(http.store.access)
      const insert = http.store.insert.bind(http.store)
      const before = await http.stored()
      http.store.access.finishRequest = () => Promise.reject(new Error('died'))
      if (!isStored) http.store.insert = () => Promise.reject(new Error('died'))
      const name = key.replaceAll(/\W/g, '')
      expect((await send(name, { shop: 'nord' }, path)).status).toBe(500)
      http.store.access.finishRequest = finish
      http.store.insert = insert
      expect((await send(name, { shop: 'nord' }, path)).json.code).toBe('idempotency_in_progress')
      http.clock.advance('1m')
      expect([key, (await send(name, { shop: 'nord' }, path)).status]).toEqual([key, 202])
      expect(await http.stored()).toBe(before + 1)
    }
  })
})

test('a job that is stored already does not stand in the way of those that come with it', async () => {
  const finish = http.store.access.finishRequest.bind(http.store.access)
  http.store.access.finishRequest = () => Promise.reject(new Error('died'))
  expect((await send('again')).status).toBe(500)
  http.store.access.finishRequest = finish
  http.clock.advance('1m')
  const answers = await Promise.all([send('again'), send('other', { order: 2 }), http.post('/api/v1/demo/echo')])
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
  for (const { json } of answers) expect((await http.get(json.status_url)).status).toBe(200)
  expect(await http.stored()).toBe(3)
})

test.each(['', ' ', 'x'.repeat(256), 'a b', '""'])('a key that cannot be is refused: %j', async (key) => {
  const answer = await send(key)
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid_idempotency_key'])
})

test('neither keys nor inputs are stored with a reservation', async () => {
  const seen: object[] = []
  const reserve = http.store.access.reserveRequest.bind(http.store.access)
  http.store.access.reserveRequest = (request, times) => {
    seen.push(request)
    return reserve(request, times)
  }
  await send('my-key', { card: '4111' })
  expect(JSON.stringify(seen)).not.toMatch(/my-key|4111/)
  expect(seen).toMatchObject([{ key: expect.stringMatching(/^[0-9a-f]{64}$/) }])
})
