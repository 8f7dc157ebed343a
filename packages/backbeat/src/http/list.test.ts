import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { echo, flaky, type HttpHarness, JOBS, openHttp, productImport } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

async function ids(query = ''): Promise<string[]> {
  const answer = await http.get(`${JOBS}${query}`)
  expect(answer.status).toBe(200)
  return answer.json.items.map(({ id }: { id: string }) => id)
}

describe('the list of jobs', () => {
  test('is empty at first', async () => {
    expect((await http.get(JOBS)).json).toEqual({ items: [], next_cursor: null })
  })

  test('shows each job without its large fields', async () => {
    const id = await http.partlyFailed(productImport, { shop: 'nord' })
    const { json } = await http.get(JOBS)
    expect(json.items).toEqual([
      {
        id,
        task_type: 'catalog.product_import',
        queue: 'long_running',
        priority: 0,
        status: 'completed_with_warnings',
        triggered_by: 'app',
        tags: [],
        created_at: '2026-01-01T00:00:00.000Z',
        run_at: '2026-01-01T00:00:00.000Z',
        started_at: '2026-01-01T00:00:00.000Z',
        completed_at: '2026-01-01T00:00:00.000Z',
        heartbeat_at: '2026-01-01T00:00:00.000Z',
        attempt: 1,
        max_attempts: 1,
        redeliveries: 0,
        worker: 'worker-1',
        error_type: null,
        error_message: null,
        progress_percent: 100,
        progress_message: 'batch 1 of 1',
        total_items: 2,
        processed_items: 2,
        successful_items: 1,
        failed_items: 1,
        unique_key: 'catalog.product_import:nord',
        retried_from_id: null,
        retry_scope: 'all',
        cancel_requested_at: null,
        cancel_reason: null,
        expires_at: null,
        blocked_by: null,
        tenant: null,
      },
    ])
  })

  test('starts with the newest and goes on from page to page, each job once', async () => {
    const stored: string[] = []
    for (let index = 0; index < 5; index += 1) stored.unshift(await http.enqueue())
    const seen: string[] = []
    let query = '?limit=2'
    for (let pages = 1; ; pages += 1) {
      const { json } = await http.get(`${JOBS}${query}`)
      seen.push(...json.items.map(({ id }: { id: string }) => id))
      await http.enqueue()
      if (json.next_cursor === null) {
        expect(pages).toBe(3)
        break
      }
      query = `?limit=2&cursor=${encodeURIComponent(json.next_cursor)}`
    }
    expect(seen).toEqual(stored)
  })

  test('has 50 entries unless a limit up to 200 says otherwise', async () => {
    for (let index = 0; index < 201; index += 1) await http.enqueue()
    expect(await ids()).toHaveLength(50)
    expect(await ids('?limit=1')).toHaveLength(1)
    expect(await ids('?limit=200')).toHaveLength(200)
  })
})

describe('the filters of the list', () => {
  test('status, one or several, also in the words of other systems', async () => {
    const failed = await http.failed()
    const completed = await http.completed()
    const pending = await http.enqueue()
    expect(await ids('?status=failed')).toEqual([failed])
    expect(await ids('?status=failed,completed')).toEqual([completed, failed])
    expect(await ids('?status=FAILURE')).toEqual([failed])
    expect(await ids('?status=queued,%20SUCCESS')).toEqual([pending, completed])
    expect(await ids('?status=stuck')).toEqual([])
  })

  test('task_type, queue and triggered_by', async () => {
    const imported = await http.enqueue(productImport, { shop: 'nord' })
    const { json } = await http.trigger('demo/echo', '{}')
    expect(await ids('?task_type=catalog.product_import')).toEqual([imported])
    expect(await ids('?task_type=no.such')).toEqual([])
    expect(await ids('?queue=long_running')).toEqual([imported])
    expect(await ids('?triggered_by=api:admin')).toEqual([json.job_id])
    expect(await ids('?triggered_by=app&queue=default')).toEqual([])
  })

  test('tag and q', async () => {
    const nord = await http.enqueue(echo, {}, ['shop=nord', '50 %'])
    const sued = await http.enqueue(flaky, {}, ['shop=sued'])
    expect(await ids('?tag=shop%3Dnord')).toEqual([nord])
    expect(await ids('?tag=shop')).toEqual([])
    expect(await ids('?q=SHOP%3D')).toEqual([sued, nord])
    expect(await ids('?q=payments')).toEqual([sued])
    expect(await ids(`?q=${nord}`)).toEqual([nord])
    expect(await ids('?q=%25')).toEqual([nord])
    expect(await ids('?q=%00')).toEqual([])
  })

  test('from and to, as a date or a time in any offset', async () => {
    const first = await http.enqueue()
    http.clock.advance('24h')
    const second = await http.enqueue()
    expect(await ids('?from=2026-01-02')).toEqual([second])
    expect(await ids('?to=2026-01-02')).toEqual([first])
    expect(await ids('?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00.001Z')).toEqual([second, first])
    expect(await ids('?from=2026-01-01T01:00:00%2B01:00')).toEqual([second, first])
    expect(await ids('?from=2026-01-01T00:00:00.001Z')).toEqual([second])
  })
})

describe('a query that cannot be right is refused, naming the parameter', () => {
  test.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=', 'status'],
    ['status=done', 'status'],
    ['status=failed,', 'status'],
    ['status=constructor', 'status'],
    ['status=__proto__', 'status'],
    ['status=failed&status=stuck', 'status'],
    ['from=yesterday', 'from'],
    ['from=2026-02-30', 'from'],
    ['from=2026-01-01T00:00:00', 'from'],
    ['from=2026-01-01T00:00:00+01:00', 'from'],
    ['from=1767225600000', 'from'],
    ['to=2026-13-01', 'to'],
    ['from=2026-01-02&to=2026-01-01', 'to'],
    ['q=', 'q'],
    [`q=${'x'.repeat(1001)}`, 'q'],
    ['tag=', 'tag'],
    ['limt=5', 'limt'],
    ['Status=failed', 'Status'],
    ['constructor=1', 'constructor'],
  ])('%.40s', async (query, path) => {
    const answer = await http.get(`${JOBS}?${query}`)
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_query'])
    expect(answer.json.errors).toHaveLength(1)
    expect(answer.json.errors[0].path).toBe(path)
  })

  test.each(['x', '%00', 'W10', 'bnVsbA', 'WzFd', 'x'.repeat(9000)])(
    'a cursor that no list gave: %.20s',
    async (cursor) => {
      const answer = await http.get(`${JOBS}?cursor=${cursor}`)
      expect([answer.status, answer.json.code]).toEqual([422, 'invalid_cursor'])
    },
  )

  test('parameters that are not well-formed text do no harm', async () => {
    await http.enqueue()
    for (const query of ['q=%ff', 'q=%', 'tag=%ed%a0%80', '__proto__=1', '&&=', 'task_type=%00', 'queue=%00']) {
      expect([200, 422]).toContain((await http.get(`${JOBS}?${query}`)).status)
    }
  })
})

describe('what the list tells about its searching', () => {
  test('nothing, where all was looked at', async () => {
    const imported = await http.enqueue(productImport, { shop: 'nord' })
    await http.enqueue()
    const { json } = await http.get(`${JOBS}?task_type=catalog.*`)
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([imported])
    expect(json).toEqual({ items: [expect.anything()], next_cursor: null })
  })

  test('how far back it looked, where it gave up', async () => {
    const store = openSqliteStore('sqlite::memory:', {
      clock: http.clock,
      patience: { firstWindow: 1, walkMs: 0, textMs: 0, indexMs: 0, totalMs: 0 },
    })
    const hasty = await openHttp({ store })
    for (let index = 0; index < 4; index += 1) await hasty.enqueue()
    const { json } = await hasty.get(`${JOBS}?queue=nobody`)
    expect(json).toEqual({
      items: [],
      next_cursor: expect.any(String),
      searched_to: '2026-01-01T00:00:00.000Z',
    })
    await store.close()
  })
})
