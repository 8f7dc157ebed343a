import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { WorkerReport } from '../store/store.ts'
import { type AnyTask, task } from '../task/define.ts'
import { echo, flaky, type HttpHarness, JOBS, NO_JOB, openHttp, productImport } from './harness.conformance.ts'
import { bulkResultSchema } from './schemas/bulk.ts'
import { jobPageSchema, jobSummarySchema, pageOf } from './schemas/job.ts'
import {
  errorGroupsSchema,
  explanationSchema,
  healthSchema,
  listOf,
  queueSchema,
  settingsSchema,
  taskSchema,
  workerSchema,
  workersSchema,
} from './schemas/operations.ts'
import { statsSchema } from './schemas/stats.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp({ workerSettings: { concurrency: 10 } })
})

afterEach(() => http.store.close())

/** The answer of a GET that succeeds, which is exactly what its schema says. */
async function read(path: string, schema: z.ZodType) {
  const answer = await http.get(`${JOBS}${path}`)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  expect(schema.parse(answer.json)).toEqual(answer.json)
  return answer.json
}

function aWorker(overrides: Partial<WorkerReport> = {}): WorkerReport {
  return {
    name: 'shop-1:4711:abc',
    host: 'shop-1',
    pid: 4711,
    version: '1.2.3',
    queues: null,
    pool: 'threads',
    leaseMs: 15_000,
    state: 'running',
    slots: 10,
    running: 2,
    memoryBytes: 1000,
    eventLoopLagMs: 3,
    ...overrides,
  }
}

describe('what runs', () => {
  test('is a page of the running jobs, newest first', async () => {
    await http.enqueue()
    const first = await http.start()
    const second = await http.start()
    const json = await read('/running', pageOf(jobSummarySchema))
    expect(json.items.map(({ id }: { id: string }) => id)).toContain(first.jobId)
    expect(json.items[0].id).toBe(second.jobId)
    expect(json.items.every(({ status }: { status: string }) => status === 'running')).toBe(true)
    const page = await read('/running?limit=1', pageOf(jobSummarySchema))
    expect(page.items).toHaveLength(1)
    expect(page.next_cursor).not.toBeNull()
  })
})

describe('the stats', () => {
  test('count jobs by state, and say what is due and since when', async () => {
    await http.completed()
    await http.failed()
    const since = new Date(http.clock.now()).toISOString()
    await http.enqueue()
    await http.client.enqueueByName('demo.echo', {}, { delay: '1h' })
    http.clock.advance('10m')
    const json = await read('/stats', statsSchema)
    expect(json.counts).toMatchObject({
      pending: { value: 2, is_exact: true },
      completed: { value: 1, is_exact: true },
      failed: { value: 1, is_exact: true },
      stuck: { value: 0, is_exact: true },
    })
    expect(json.waiting).toEqual({ due: 1, later: 1, oldest_due_at: since })
    expect(json.drain_ms).toBeNull()
  })

  test('give what came to rest in 24 hours, the rate, and how long the rest takes', async () => {
    for (let index = 0; index < 9; index += 1) await http.completed()
    await http.failed()
    await http.enqueue()
    const json = await read('/stats?window=hour', statsSchema)
    expect(json.last_24h).toEqual({ completed: 9, completed_with_warnings: 0, failed: 1, stuck: 0, cancelled: 0 })
    expect(json.rate_per_minute).toBe(2)
    expect(json.drain_ms).toBe(30_000)
    http.clock.advance('25h')
    expect((await read('/stats', statsSchema)).last_24h.completed).toBe(0)
  })

  test.each([
    ['hour', 60, 60_000],
    ['day', 48, 1_800_000],
    ['week', 56, 10_800_000],
  ])('draw a series of the last %s with a point also where nothing happened', async (window, points, bucketMs) => {
    await http.completed()
    await http.failed(flaky)
    http.clock.advance('1m')
    while (await http.store.insights.rollUp());
    const { series } = await read(`/stats?window=${window}`, statsSchema)
    expect(series).toMatchObject({ window, bucket_ms: bucketMs })
    expect(series.points).toHaveLength(points)
    const sum = (name: string) =>
      series.points.reduce((all: number, point: Record<string, number>) => all + (point[name] ?? 0), 0)
    expect([sum('completed'), sum('failed')]).toEqual([1, 1])
    const only = (await read(`/stats?window=${window}&task_type=payments.process`, statsSchema)).series.points
    expect(only.filter(({ failed }: { failed: number }) => failed === 1)).toHaveLength(1)
    expect(only.filter(({ completed }: { completed: number }) => completed > 0)).toHaveLength(0)
  })

  test.each(['window=month', 'window=', 'task_type=', 'since=1'])('refuse %s', async (query) => {
    expect((await http.get(`${JOBS}/stats?${query}`)).json.code).toBe('invalid_query')
  })
})

describe('queues', () => {
  const queues = () => read('/queues', listOf(queueSchema))

  test('are those that tasks name, that have jobs, or that something is set for', async () => {
    expect((await queues()).items.map(({ name }: { name: string }) => name)).toEqual(['default', 'long_running'])
    await http.client.enqueueByName('demo.echo', {}, { queue: 'mail' })
    await http.store.reportWorker(aWorker({ queues: ['mail'] }))
    await http.store.reportWorker(aWorker({ name: 'quiet', state: 'quiet' }))
    http.clock.advance('5s')
    expect((await queues()).items[2]).toEqual({
      name: 'mail',
      state: 'open',
      paused_at: null,
      draining_since: null,
      concurrency: null,
      waiting: 1,
      due: 1,
      running: 0,
      oldest_due_at: '2026-01-01T00:00:00.000Z',
      rate_per_minute: 0,
      workers: 1,
    })
  })

  test('say how many jobs end in a minute, of the last five, but not how many are cancelled', async () => {
    const rates = async () =>
      (await queues()).items.map(({ name, rate_per_minute }: z.infer<typeof queueSchema>) => [name, rate_per_minute])
    for (let index = 0; index < 4; index += 1) await http.completed()
    await http.failed()
    await (await http.client.enqueueByName('demo.echo', {})).cancel()
    expect(await rates()).toEqual([
      ['default', 1],
      ['long_running', 0],
    ])
    // Half a minute later they are five in five minutes and a half.
    http.clock.advance('30s')
    while (await http.store.insights.rollUp());
    expect((await rates())[0]).toEqual(['default', 5 / 5.5])
    expect((await read('/stats', statsSchema)).rate_per_minute).toBe(5 / 5.5)
    http.clock.advance('6m')
    expect((await rates())[0]).toEqual(['default', 0])
  })

  test('are paused, drained and resumed', async () => {
    await http.enqueue()
    const paused = await http.post(`${JOBS}/queues/default/pause`)
    expect([paused.status, paused.json]).toMatchObject([200, { state: 'paused', paused_at: expect.any(String) }])
    expect((await http.store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 1000 })).jobs).toEqual([])
    expect((await http.post(`${JOBS}/queues/default/drain`)).json.draining_since).not.toBeNull()
    expect((await http.post(`${JOBS}/queues/default/resume`)).json).toMatchObject({
      state: 'open',
      paused_at: null,
      draining_since: null,
    })
    expect((await http.store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 1000 })).jobs).toHaveLength(1)
  })

  test('are changed in several things at once, and what is absent stays', async () => {
    const change = (json: unknown) => http.send('PATCH', `${JOBS}/queues/new%2Fone`, { json })
    expect((await change({ paused: true, concurrency: 4 })).json).toMatchObject({
      name: 'new/one',
      state: 'paused',
      concurrency: 4,
    })
    expect((await change({ concurrency: null })).json).toMatchObject({ state: 'paused', concurrency: null })
    expect((await change({ paused: false, draining: true })).json).toMatchObject({ state: 'draining' })
  })

  test.each([
    [{}, ''],
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{ concurrency: '3' }, 'concurrency'],
    [{ paused: 'yes' }, 'paused'],
    [{ pause: true }, 'pause'],
    [[], ''],
  ])('refuse the change %j', async (json, path) => {
    const answer = await http.send('PATCH', `${JOBS}/queues/default`, { json })
    expect([answer.status, answer.json.code, answer.json.errors[0].path]).toEqual([422, 'invalid_input', path])
  })

  test('refuse a name that cannot be one', async () => {
    for (const name of ['%00', 'x'.repeat(101), '%0a']) {
      const answer = await http.post(`${JOBS}/queues/${name}/pause`)
      expect([name, answer.status]).toEqual([name, 422])
    }
    expect((await queues()).items).toHaveLength(2)
  })
})

describe('workers', () => {
  test('are listed with what they do, and a silent one is called so', async () => {
    await http.store.reportWorker(aWorker({ name: 'a' }))
    http.clock.advance('20s')
    await http.store.reportWorker(aWorker({ name: 'b', queues: ['mail'], state: 'quiet' }))
    http.clock.advance('1s')
    const json = await read('/workers', workersSchema)
    expect(json).toMatchObject({ broker_reachable: true, error: null })
    expect(json.items).toEqual([
      expect.objectContaining({ name: 'a', state: 'silent', heartbeat_age_ms: 21_000, queues: null }),
      expect.objectContaining({ name: 'b', state: 'quiet', heartbeat_age_ms: 1000, queues: ['mail'], slots: 10 }),
    ])
  })

  test('are answered also when the broker is down, with why, and no password', async () => {
    const gone = await openHttp()
    await gone.store.close()
    const answer = await gone.get(`${JOBS}/workers`)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ items: [], broker_reachable: false, error: expect.stringMatching(/./) })
  })

  test.each([
    ['quiet', undefined, { wanted_state: 'quiet' }],
    ['stop', {}, { wanted_state: 'stopping' }],
    ['resume', undefined, { wanted_state: 'running' }],
    ['resize', { slots: 3 }, { wanted_slots: 3 }],
  ])('are asked to %s', async (word, json, expected) => {
    await http.store.reportWorker(aWorker())
    const answer = await http.post(`${JOBS}/workers/shop-1:4711:abc/${word}`, json === undefined ? {} : { json })
    expect([answer.status, workerSchema.parse(answer.json)]).toEqual([202, expect.objectContaining(expected)])
    expect(await http.store.workerOrders('shop-1:4711:abc')).toEqual({
      state: 'wanted_state' in expected ? expected.wanted_state : null,
      slots: 'wanted_slots' in expected ? expected.wanted_slots : null,
    })
  })

  test('that are not there cannot be asked, and not for nonsense', async () => {
    expect((await http.post(`${JOBS}/workers/nobody/quiet`)).json.code).toBe('unknown_worker')
    await http.store.reportWorker(aWorker())
    for (const json of [{ slots: 0 }, { slots: '3' }, {}, { slots: 1, more: 1 }, { slots: 10_001 }]) {
      expect((await http.post(`${JOBS}/workers/shop-1:4711:abc/resize`, { json })).json.code).toBe('invalid_input')
    }
    expect((await http.post(`${JOBS}/workers/shop-1:4711:abc/quiet`, { json: { slots: 1 } })).status).toBe(422)
  })
})

describe('tasks', () => {
  test('are listed by name with their schema, their policies and how they do', async () => {
    const job = await http.start(productImport, { shop: 'nord' })
    http.clock.advance('3s')
    await http.end(job, { kind: 'success', result: null, warnings: [] })
    await http.failed(productImport, { shop: 'nord' })
    http.clock.advance('1m')
    while (await http.store.insights.rollUp());
    const { items } = await read('/tasks', listOf(taskSchema))
    expect(items.map(({ name }: { name: string }) => name)).toEqual([
      'catalog.product_import',
      'demo.echo',
      'payments.process',
    ])
    expect(items[0]).toMatchObject({
      queue: 'long_running',
      trigger_url: '/api/v1/catalog/product-import',
      unique: true,
      concurrency: [],
      rate: null,
      input_schema: { type: 'object', properties: { shop: { type: 'string' } }, required: ['shop'] },
      last_24h: { completed: 1, failed: 1 },
      failure_rate: 0.5,
      run_ms: { p50: 0, p95: 3000, p99: 3000 },
      wait_ms: { p50: 0, p95: 0, p99: 0 },
      sampled: 2,
      schedules: [],
    })
    expect(items[1]).toMatchObject({ failure_rate: null, run_ms: null, wait_ms: null, sampled: 0 })
    expect(items[2].retry.max_attempts).toBe(3)
    expect((await http.trigger('catalog/product-import', '{"shop":"x"}')).status).toBe(202)
  })
})

describe('errors', () => {
  const errors = (query = '') => read(`/errors${query}`, errorGroupsSchema)

  async function failWith(message: string, one: AnyTask = echo): Promise<string> {
    const job = await http.start(one)
    await http.end(job, http.failure(message))
    return job.jobId
  }

  test('are grouped by fault, the most frequent first', async () => {
    const first = await failWith('row 1 has no price')
    http.clock.advance('1h')
    await failWith('no such feed', flaky)
    const last = await failWith('row 22 has no price')
    const json = await errors()
    expect(json.is_exact).toBe(true)
    expect(json.items).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        tasks: [{ task_type: 'demo.echo', count: 2 }],
        error_type: 'FeedError',
        message: 'row # has no price',
        latest_message: 'row 22 has no price',
        count: 2,
        first_seen_at: '2026-01-01T00:00:00.000Z',
        last_seen_at: '2026-01-01T01:00:00.000Z',
        sample_job_ids: [last, first],
        counts: expect.any(Array),
      },
      expect.objectContaining({ tasks: [{ task_type: 'payments.process', count: 1 }], count: 1 }),
    ])
    expect((await errors('?task_type=payments.process')).items).toHaveLength(1)
    expect((await errors('?from=2026-01-01T00:30:00Z')).items[0].count).toBe(1)
    expect((await errors('?q=nothing')).items).toEqual([])
    expect((await http.get(`${JOBS}/errors?status=failed`)).status).toBe(422)
  })

  test('are counted over time, in stretches that begin and end where the series does', async () => {
    await failWith('row 1 has no price')
    http.clock.advance('2h')
    await failWith('row 2 has no price')
    await failWith('row 3 has no price')
    const occurrences = async (window: string) => {
      const { items, series } = await errors(`?window=${window}`)
      expect([series.window, items[0].counts.length * series.bucket_ms]).toEqual([
        window,
        Date.parse(series.to) - Date.parse(series.from),
      ])
      return items[0].counts.flatMap((count: number, index: number) =>
        count === 0 ? [] : [[new Date(Date.parse(series.from) + index * series.bucket_ms).toISOString(), count]],
      )
    }
    expect(await occurrences('hour')).toEqual([['2026-01-01T02:00:00.000Z', 2]])
    expect(await occurrences('day')).toEqual([
      ['2026-01-01T00:00:00.000Z', 1],
      ['2026-01-01T02:00:00.000Z', 2],
    ])
    expect((await occurrences('week')).map(([, count]: [string, number]) => count)).toEqual([3])
    expect((await http.get(`${JOBS}/errors?window=year`)).status).toBe(422)
  })

  test('of one fault in several tasks are one group, which names the tasks that it hit', async () => {
    await failWith('the database is gone', flaky)
    await failWith('the database is gone')
    await failWith('the database is gone')
    const { items } = await errors()
    expect(items).toHaveLength(1)
    expect(items[0].tasks).toEqual([
      { task_type: 'demo.echo', count: 2 },
      { task_type: 'payments.process', count: 1 },
    ])
    const json = { action: 'retry', filter: { fingerprint: items[0].fingerprint } }
    expect((await http.post(`${JOBS}/bulk`, { json })).json.done).toHaveLength(3)
  })

  test('of one group are retried together', async () => {
    const first = await failWith('row 1 has no price')
    await failWith('something else')
    const { fingerprint } = (await errors('?q=price')).items[0]
    const json = { action: 'retry', filter: { fingerprint } }
    const answer = await http.post(`${JOBS}/bulk`, { json })
    expect(answer.json.done.map(({ job_id }: { job_id: string }) => job_id)).toEqual([first])
  })
})

describe('bulk actions', () => {
  async function bulk(json: unknown) {
    const answer = await http.post(`${JOBS}/bulk`, { json })
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return bulkResultSchema.parse(answer.json)
  }
  const idsOf = (list: { job_id: string }[]) => list.map(({ job_id }) => job_id)

  test('retry the selected, and pressing twice queues nothing twice', async () => {
    const [a, b] = [await http.failed(), await http.failed()]
    const done = await http.completed()
    const body = { action: 'retry', ids: [a, b, done, NO_JOB, 'nonsense', a] }
    const first = await bulk(body)
    expect(idsOf(first.done)).toEqual([a, b])
    expect(first.skipped.map(({ job_id, code }) => [job_id, code])).toEqual([
      [done, 'not_retryable'],
      [NO_JOB, 'unknown_job'],
      ['nonsense', 'unknown_job'],
    ])
    const retry = await http.get(`${JOBS}/${first.done[0]?.new_job_id}`)
    expect(retry.json).toMatchObject({ retried_from_id: a, triggered_by: 'retry:admin', status: 'pending' })
    const stored = await http.stored()
    const second = await bulk(body)
    expect(second.done).toEqual([])
    expect(second.skipped.map(({ code }) => code)).toContain('already_retried')
    expect(await http.stored()).toBe(stored)
  })

  test('retry nothing twice, also when the retry is over', async () => {
    const old = await http.failed()
    await bulk({ action: 'retry', ids: [old] })
    const { jobs } = await http.store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 1000 })
    await http.end(jobs[0] as (typeof jobs)[0], http.failure('again'))
    const again = await bulk({ action: 'retry', filter: {} })
    expect(idsOf(again.done)).toEqual([jobs[0]?.jobId])
    expect(again.skipped).toMatchObject([{ job_id: old, code: 'already_retried' }])
  })

  test('two that are pressed at the same moment queue nothing twice', async () => {
    const ids = [await http.failed(), await http.failed(), await http.failed()]
    const stored = await http.stored()
    const both = await Promise.all([bulk({ action: 'retry', ids }), bulk({ action: 'retry', ids })])
    expect(both.flatMap(({ done }) => idsOf(done)).sort()).toEqual(ids)
    expect(await http.stored()).toBe(stored + 3)
  })

  test('cancel all that match, part by part, and none that came meanwhile', async () => {
    for (let index = 0; index < 5; index += 1) await http.enqueue()
    await http.enqueue(flaky)
    const seen: string[] = []
    const filter = { task_type: 'demo.echo' }
    for (let cursor: string | null = null, calls = 1; ; calls += 1) {
      const part = await bulk({ action: 'cancel', filter, limit: 2, reason: 'wrong feed', ...(cursor && { cursor }) })
      seen.push(...idsOf(part.done))
      await http.enqueue()
      cursor = part.next_cursor
      if (cursor === null) {
        expect(calls).toBe(3)
        break
      }
    }
    expect(seen).toHaveLength(5)
    expect((await http.get(`${JOBS}/${seen[0]}`)).json).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'wrong feed',
    })
    expect((await http.get(`${JOBS}?status=pending`)).json.items).toHaveLength(4)
  })

  test('count beforehand what they would do, and do nothing then', async () => {
    const old = await http.failed()
    await http.failed(flaky)
    await http.completed()
    await bulk({ action: 'retry', ids: [old] })
    const stored = await http.stored()
    const dry = (filter: object) => bulk({ action: 'retry', dry_run: true, filter })
    expect((await dry({})).matched).toEqual({ value: 1, is_exact: true })
    expect((await dry({ task_type: 'demo.echo' })).matched).toEqual({ value: 0, is_exact: true })
    expect((await dry({ status: 'completed' })).matched).toEqual({ value: 0, is_exact: true })
    const ids = [old, NO_JOB]
    expect((await bulk({ action: 'cancel', dry_run: true, ids })).matched).toEqual({ value: 0, is_exact: true })
    expect(await http.stored()).toBe(stored)
  })

  test('leave alone what somebody limited to other tasks may not change', async () => {
    const limited = await openHttp({
      adminToken: null,
      authenticate: () => ({ name: 'ana', role: 'operator', tasks: ['demo.*'] }),
    })
    const mine = await limited.failed(echo)
    const other = await limited.failed(flaky)
    const answer = await limited.post(`${JOBS}/bulk`, {
      token: null,
      headers: { 'sec-fetch-site': 'same-origin' },
      json: { action: 'retry', ids: [mine, other] },
    })
    expect(idsOf(answer.json.done)).toEqual([mine])
    expect(answer.json.skipped).toMatchObject([{ job_id: other, code: 'unknown_job' }])
    const all = await limited.post(`${JOBS}/bulk`, {
      token: null,
      headers: { 'sec-fetch-site': 'same-origin' },
      json: { action: 'retry', filter: {}, dry_run: true },
    })
    expect(all.json.matched.value).toBe(0)
    await limited.store.close()
  })

  test.each([
    [{}, 'action'],
    [{ action: 'delete', ids: [NO_JOB] }, 'action'],
    [{ action: 'retry' }, 'ids'],
    [{ action: 'retry', ids: [], filter: {} }, 'ids'],
    [{ action: 'retry', ids: [1] }, 'ids.0'],
    [{ action: 'retry', ids: Array(201).fill(NO_JOB) }, 'ids'],
    [{ action: 'retry', filter: { stat: 'failed' } }, 'filter.stat'],
    [{ action: 'retry', filter: { fingerprint: 'x' } }, 'filter.fingerprint'],
    [{ action: 'retry', filter: {}, limit: 0 }, 'limit'],
    [{ action: 'retry', filter: {}, limit: 201 }, 'limit'],
    [{ action: 'retry', filter: {}, dry_run: 'yes' }, 'dry_run'],
    ['retry', ''],
  ])('refuse %.60j', async (json, path) => {
    const answer = await http.post(`${JOBS}/bulk`, { json })
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_input'])
    expect(answer.json.errors.map((issue: { path: string }) => issue.path)).toContain(path)
  })

  test('refuse a cursor that they did not give', async () => {
    const answer = await http.post(`${JOBS}/bulk`, { json: { action: 'retry', filter: {}, cursor: 'x' } })
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_cursor'])
  })
})

describe('the old paging by number', () => {
  async function page(query: string) {
    const json = await read(query, jobPageSchema)
    const { items, ...rest } = json
    return { ids: items.map(({ id }: { id: string }) => id), ...rest }
  }

  test('gives the page, its place and the total', async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.unshift(await http.enqueue())
    expect(await page('?page=2&per_page=2')).toEqual({
      ids: ids.slice(2, 4),
      next_cursor: null,
      page: 2,
      per_page: 2,
      pages: 3,
      total: 5,
      total_is_exact: true,
    })
    expect(await page('?per_page=200')).toMatchObject({ ids, page: 1, pages: 1, per_page: 200 })
    expect(await page('?page=1')).toMatchObject({ ids, per_page: 50 })
  })

  test('gives the last page for one past the end, and an empty first where there is nothing', async () => {
    const [third, second, first] = [await http.enqueue(), await http.enqueue(), await http.enqueue()]
    expect(await page('?page=9&per_page=2')).toMatchObject({ ids: [third], page: 2, pages: 2 })
    expect(await page('?page=100000&per_page=200')).toMatchObject({ ids: [first, second, third], page: 1 })
    for (const far of ['100001', '99999999999999999999999']) {
      expect(await page(`?page=${far}&per_page=2`)).toMatchObject({ ids: [third], page: 2, pages: 2 })
    }
    expect(await page('?page=3&per_page=2&status=failed')).toMatchObject({ ids: [], page: 1, pages: 1, total: 0 })
  })

  test.each(['page=0', 'page=-1', 'page=x', 'page=1e9', 'per_page=201', 'per_page=0', 'page=1&limit=5'])(
    'refuses %s',
    async (query) => {
      expect((await http.get(`${JOBS}?${query}`)).json.code).toBe('invalid_query')
    },
  )
})

describe('settings', () => {
  test('are shown without secrets', async () => {
    const json = await read('/settings', settingsSchema)
    expect(json).toMatchObject({
      version: expect.stringMatching(/^\d+\./),
      node_version: process.version,
      store: expect.stringMatching(/^sqlite:memory:/),
      broker: 'store',
      worker: { concurrency: 10 },
    })
  })
})

describe('why is it not running', () => {
  test('is answered for a job, and for one that is not there as not there', async () => {
    const id = await http.enqueue()
    const json = await read(`/${id}/explain`, explanationSchema)
    expect(json).toMatchObject({ job_id: id, state: 'waiting', reasons: [{ code: 'no_worker' }] })
    expect((await http.get(`${JOBS}/${NO_JOB}/explain`)).json.code).toBe('unknown_job')
    expect((await http.get(`${JOBS}/running/explain`)).status).toBe(404)
  })
})

describe('the health', () => {
  test('says that the database answers, where it is and how quickly', async () => {
    const { store } = await read('/health', healthSchema)
    expect(store).toEqual({
      url: expect.stringMatching(/^sqlite:/),
      reachable: true,
      latency_ms: expect.any(Number),
      error: null,
    })
  })

  test('says that the database does not answer, and why, and not that there is nothing', async () => {
    await http.store.close()
    const { store } = await read('/health', healthSchema)
    expect(store).toMatchObject({ reachable: false, latency_ms: null, error: expect.stringContaining('closed') })
  })
})

test('words of the API are no job ids', async () => {
  for (const word of ['running', 'stats', 'queues', 'workers', 'tasks', 'errors', 'settings', 'health']) {
    expect([word, (await http.get(`${JOBS}/${word}`)).status]).toEqual([word, 200])
    expect([word, (await http.send('DELETE', `${JOBS}/${word}`)).status]).toEqual([word, 405])
  }
  expect((await http.get(`${JOBS}/bulk`)).status).toBe(405)
})

test('a task whose schema cannot be shown is listed all the same', async () => {
  const own = { '~standard': { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value }) } }
  const other = await openHttp({}, [task({ name: 'demo.own', input: own, run: () => undefined })])
  const answer = await other.get(`${JOBS}/tasks`)
  expect(answer.json.items[0].input_schema).toMatchObject({ type: 'object', additionalProperties: true })
  await other.store.close()
})
