import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flaky, type HttpHarness, JOBS, leaseOf, NO_JOB, openHttp, productImport } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

describe('a job', () => {
  test('is shown with all that is known of it', async () => {
    const job = await http.start(flaky)
    await http.store.report([
      {
        lease: leaseOf(job),
        report: { progress: { percent: 40, message: 'calling', meta: { call: 2 } }, logs: [] },
      },
    ])
    http.clock.advance('1.5s')
    await http.end(job, http.failure('503', true))
    const answer = await http.get(`${JOBS}/${job.jobId}`)
    expect(answer.status).toBe(200)
    const { details, ...record } = answer.json
    expect(record).toMatchObject({
      id: job.jobId,
      task_type: 'payments.process',
      status: 'retrying',
      attempt: 1,
      max_attempts: 3,
      created_at: '2026-01-01T00:00:00.000Z',
      completed_at: null,
      error_type: 'FeedError',
      error_message: '503',
      traceback: 'at feed',
      progress_percent: 40,
      progress_message: 'calling',
      progress_meta: { call: 2 },
      input: {},
      result: null,
      warnings: [],
      errors: [
        {
          type: 'FeedError',
          message: '503',
          code: 'no_feed',
          traceback: 'at feed',
          attempt: 1,
          item: null,
          at: '2026-01-01T00:00:01.500Z',
        },
      ],
    })
    expect(new Date(record.run_at).getTime()).toBeGreaterThan(http.clock.now())
    const url = `${JOBS}/${job.jobId}`
    expect(details).toEqual({
      items: { total: 0, processed: 0, successful: 0, failed: 0, url: `${url}/items` },
      attempts: [
        {
          ordinal: 1,
          attempt: 1,
          outcome: 'failed',
          worker: 'worker-1',
          worker_version: null,
          started_at: '2026-01-01T00:00:00.000Z',
          ended_at: '2026-01-01T00:00:01.500Z',
          error_type: 'FeedError',
          error_message: '503',
          traceback: 'at feed',
        },
      ],
      latest_retry: null,
      retries: [],
      links: {
        self: url,
        items: `${url}/items`,
        failed_items: `${url}/items?status=failed`,
        logs: `${url}/logs`,
        attempts: `${url}/attempts`,
        retry: `${url}/retry`,
        retry_failed_items: `${url}/retry-failed-items`,
        events: `${url}/events`,
        cancel: `${url}/cancel`,
        explain: `${url}/explain`,
      },
      allowed_actions: ['cancel'],
    })
  })

  test('says which actions would not be refused', async () => {
    const allowed = async (id: string) => (await http.get(`${JOBS}/${id}`)).json.details.allowed_actions
    expect(await allowed(await http.enqueue())).toEqual(['cancel'])
    expect(await allowed((await http.start()).jobId)).toEqual(['cancel'])
    expect(await allowed(await http.completed())).toEqual([])
    expect(await allowed(await http.partlyFailed())).toEqual(['retry_failed_items'])
    const failed = await http.failed()
    expect(await allowed(failed)).toEqual(['retry'])
    const retry = await http.post(`${JOBS}/${failed}/retry`)
    expect(await allowed(failed)).toEqual([])
    await http.client.cancel(retry.json.job_id, 'enough')
    expect(await allowed(failed)).toEqual(['retry'])
  })

  test('points to the newest job that does its work again', async () => {
    const failed = await http.failed()
    const { json } = await http.post(`${JOBS}/${failed}/retry`)
    const { details } = (await http.get(`${JOBS}/${failed}`)).json
    expect(details.latest_retry).toEqual({ job_id: json.job_id, status: 'pending', status_url: json.status_url })
    expect(details.retries).toMatchObject([{ job_id: json.job_id, scope: 'all', triggered_by: expect.any(String) }])
    expect((await http.get(json.status_url)).json.retried_from_id).toBe(failed)
  })

  test('may be asked for with its id in any letter case', async () => {
    const id = await http.enqueue()
    expect((await http.get(`${JOBS}/${id.toUpperCase()}`)).json.id).toBe(id)
  })
})

describe('an unknown job', () => {
  const PATHS: [method: string, path: string][] = [
    ['GET', ''],
    ['GET', '/items'],
    ['GET', '/logs'],
    ['GET', '/attempts'],
    ['POST', '/retry'],
    ['POST', '/retry-failed-items'],
    ['POST', '/cancel'],
  ]
  const IDS = [NO_JOB, 'x', '1', 'null', '%00', '%ff', '..%2f..', "'%20OR%201=1", 'a'.repeat(5000), '__proto__']

  test.each(PATHS)('is never pending: %s %s', async (method, path) => {
    for (const id of IDS) {
      const answer = await http.send(method, `${JOBS}/${id}${path}`)
      expect([id.slice(0, 20), answer.status, answer.json.code]).toEqual([id.slice(0, 20), 404, 'unknown_job'])
      expect(answer.json.detail.length).toBeLessThanOrEqual(2000)
    }
  })
})

describe("a job's items", () => {
  test('come in the order of their source, by outcome and page', async () => {
    const url = `${JOBS}/${await http.partlyFailed(productImport, { shop: 'nord' })}/items`
    const good = { key: 'sku-1', position: 0, status: 'successful', attempts: 1, error_type: null, error_message: null }
    const bad = {
      key: 'sku-2',
      position: 1,
      status: 'failed',
      attempts: 2,
      error_type: 'TypeError',
      error_message: 'no price',
    }
    const at = '2026-01-01T00:00:00.000Z'
    expect((await http.get(url)).json).toEqual({
      items: [
        { ...good, at },
        { ...bad, at },
      ],
      next_cursor: null,
    })
    expect((await http.get(`${url}?status=failed`)).json.items).toEqual([{ ...bad, at }])
    expect((await http.get(`${url}?status=successful`)).json.items).toEqual([{ ...good, at }])
    const first = (await http.get(`${url}?limit=1`)).json
    expect(first.items).toEqual([{ ...good, at }])
    expect((await http.get(`${url}?limit=1&cursor=${first.next_cursor}`)).json).toEqual({
      items: [{ ...bad, at }],
      next_cursor: null,
    })
  })

  test('are none where the job has none', async () => {
    expect((await http.get(`${JOBS}/${await http.enqueue()}/items`)).json).toEqual({ items: [], next_cursor: null })
  })

  test.each(['status=pending', 'status=', 'limit=0', 'limit=201', 'page=2'])('refuse %s', async (query) => {
    const answer = await http.get(`${JOBS}/${await http.enqueue()}/items?${query}`)
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_query'])
  })

  test('refuse the cursor of another list', async () => {
    const id = await http.enqueue()
    await http.enqueue()
    const { next_cursor } = (await http.get(`${JOBS}?limit=1`)).json
    expect((await http.get(`${JOBS}/${id}/items?cursor=${next_cursor}`)).json.code).toBe('invalid_cursor')
    expect((await http.get(`${JOBS}/${id}/logs?cursor=${next_cursor}`)).json.code).toBe('invalid_cursor')
  })
})

describe("a job's log", () => {
  test('comes oldest first, by page', async () => {
    const job = await http.start()
    const lines = ['one', 'two', 'three'].map((message) => ({
      at: http.clock.now(),
      level: 'info' as const,
      message,
      fields: { message },
    }))
    await http.store.report([{ lease: leaseOf(job), report: { logs: lines } }])
    const url = `${JOBS}/${job.jobId}/logs`
    const { items, next_cursor } = (await http.get(`${url}?limit=2`)).json
    expect(items).toMatchObject([
      { at: '2026-01-01T00:00:00.000Z', level: 'info', message: 'one', fields: { message: 'one' } },
      { message: 'two' },
    ])
    const rest = (await http.get(`${url}?limit=2&cursor=${next_cursor}`)).json
    expect(rest).toMatchObject({ items: [{ message: 'three' }], next_cursor: null })
    expect((await http.get(`${url}?level=info`)).status).toBe(422)
  })
})

describe("a job's attempts", () => {
  test('come oldest first, the running one last', async () => {
    const job = await http.start(flaky)
    await http.end(job, http.failure('503', true))
    http.clock.advance('1h')
    await http.store.claim({ worker: 'worker-2', limit: 1, queues: null, leaseMs: 15_000 })
    const { items } = (await http.get(`${JOBS}/${job.jobId}/attempts`)).json
    expect(items).toMatchObject([
      { ordinal: 1, outcome: 'failed', worker: 'worker-1' },
      { ordinal: 2, outcome: 'running', worker: 'worker-2', ended_at: null },
    ])
  })
})
