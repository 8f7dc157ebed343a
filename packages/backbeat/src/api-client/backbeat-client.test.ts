import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, flaky, type HttpHarness, openHttp, type productImport, TOKEN } from '../http/harness.conformance.ts'
import { BackbeatApiError, createBackbeatClient } from './index.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

function connect(token: string | (() => Promise<string>) = TOKEN) {
  return createBackbeatClient({
    baseUrl: 'http://backbeat.test/',
    token,
    fetch: (input, init) => http.respond(new Request(input, init)),
  })
}

async function failure(promise: Promise<unknown>): Promise<BackbeatApiError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(BackbeatApiError)
  return error
}

async function all<Entry>(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const read: Entry[] = []
  for await (const entry of entries) read.push(entry)
  return read
}

async function idsOf(jobs: AsyncIterable<{ id: string }>): Promise<string[]> {
  return (await all(jobs)).map(({ id }) => id)
}

describe('the client', () => {
  test('starts a task, with its input typed by the task, and finds its job', async () => {
    const client = connect(async () => TOKEN)
    const accepted = await client.trigger<typeof productImport>('catalog.product_import', { shop: 'nord' })
    expect(accepted).toMatchObject({ task_type: 'catalog.product_import', status: 'pending' })
    expect((await client.job(accepted.job_id)).input).toEqual({ shop: 'nord' })
    const chosen = await client.trigger('demo.echo', {}, { queue: 'batch', priority: 5, delay: '10m' })
    expect(await client.job(chosen.job_id)).toMatchObject({ queue: 'batch', priority: 5 })
    // @ts-expect-error the task wants a shop
    await failure(client.trigger<typeof productImport>('catalog.product_import', {}))
  })

  test('throws what the API answers, with its code and what is wrong', async () => {
    const client = connect()
    expect(await failure(client.trigger('no.such', {}))).toMatchObject({ status: 404, code: 'unknown_task' })
    const invalid = await failure(client.trigger('catalog.product_import', { shop: 7 }))
    expect(invalid.problem.errors?.[0]?.path).toBe('shop')
    expect(invalid.message).toContain('catalog.product_import')
    await client.trigger('catalog.product_import', { shop: 'nord' })
    const running = await failure(client.trigger('catalog.product_import', { shop: 'nord' }))
    expect(running.problem).toMatchObject({ code: 'already_running', active_job_id: expect.any(String) })
    expect(await failure(connect('wrong').queues())).toMatchObject({ status: 401, code: 'unauthenticated' })
  })

  test('says so where something else than the API answers', async () => {
    for (const answer of [
      new Response('<html>', { status: 502 }),
      new Response('hello'),
      Response.json([], { status: 500 }),
    ]) {
      const client = createBackbeatClient({ fetch: async () => answer })
      expect((await failure(client.stats())).code).toBe('unexpected_answer')
    }
  })

  test('lists every job that matches, page by page, and only as many as are asked for', async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.unshift(await http.enqueue())
    const failed = await http.failed(flaky)
    const client = connect()
    expect(await idsOf(client.list({ limit: 2, task_type: 'demo.echo' }))).toEqual(ids)
    expect(await idsOf(client.list({ status: 'failed', from: new Date(0) }))).toEqual([failed])
    for await (const job of client.list({ limit: 1 })) {
      expect(job.id).toBe(failed)
      break
    }
    expect(await client.page({ page: 2, per_page: 4 })).toMatchObject({ page: 2, pages: 2, total: 6 })
  })

  test('waits until a job rests, telling what it sees', async () => {
    const job = await http.start(echo)
    const seen: string[] = []
    const waiting = connect().waitFor(job.jobId, {
      pollMs: 1,
      onChange: async ({ status }) => {
        if (seen.push(status) === 1) await http.end(job, { kind: 'success', result: 3, warnings: [] })
      },
    })
    expect(await waiting).toMatchObject({ status: 'completed', result: 3 })
    expect([seen[0], seen.at(-1)]).toEqual(['running', 'completed'])
  })

  test('stops waiting when it is told to', async () => {
    const id = await http.enqueue()
    const controller = new AbortController()
    const waiting = connect().waitFor(id, {
      pollMs: 3_600_000,
      signal: controller.signal,
      onChange: () => queueMicrotask(() => controller.abort(new Error('enough'))),
    })
    await expect(waiting).rejects.toThrow('enough')
    await expect(connect().waitFor(id, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never')
  })

  test('retries, cancels and explains', async () => {
    const client = connect()
    const failed = await http.failed()
    expect(await client.retry(failed)).toMatchObject({ retried_from_id: failed })
    expect((await failure(client.retry(failed))).code).toBe('already_running')
    const partly = await http.partlyFailed()
    expect((await all(client.items(partly, { status: 'failed' }))).map(({ key }) => key)).toEqual(['sku-2'])
    expect(await client.attempts(partly)).toHaveLength(1)
    expect(await all(client.logs(partly))).toEqual([])
    expect(await client.retryFailedItems(partly)).toMatchObject({ retried_from_id: partly })
    const waiting = await http.enqueue()
    expect((await client.explain(waiting)).reasons[0]?.code).toBe('no_worker')
    expect(await client.cancel(waiting, 'wrong feed')).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'wrong feed',
    })
  })

  test('acts on many, part by part', async () => {
    const client = connect()
    for (let index = 0; index < 5; index += 1) await http.enqueue()
    const request = { action: 'cancel' as const, filter: { task_type: 'demo.echo' }, limit: 2 }
    expect((await client.bulk({ ...request, dry_run: true })).matched).toEqual({ value: 5, is_exact: true })
    const parts = await all(client.bulkParts(request))
    expect(parts.map(({ done }) => done.length)).toEqual([2, 2, 1])
  })

  test('runs queues and workers, and reads how things stand', async () => {
    const client = connect()
    await http.failed()
    expect(await client.pauseQueue('a/b')).toMatchObject({ name: 'a/b', state: 'paused' })
    expect(await client.resumeQueue('a/b')).toMatchObject({ state: 'open' })
    expect(await client.drainQueue('a/b')).toMatchObject({ state: 'draining' })
    expect(await client.changeQueue('a/b', { concurrency: 2 })).toMatchObject({ concurrency: 2 })
    expect((await client.queues()).map(({ name }) => name)).toContain('a/b')
    expect(await client.workers()).toMatchObject({ items: [], broker_reachable: true })
    for (const act of [client.quietWorker, client.resumeWorker, client.stopWorker]) {
      expect((await failure(act.call(client, 'x'))).code).toBe('unknown_worker')
    }
    expect((await failure(client.resizeWorker('x', 3))).code).toBe('unknown_worker')
    expect((await client.stats({ window: 'hour' })).counts.failed.value).toBe(1)
    expect((await client.errors()).items).toHaveLength(1)
    expect((await client.tasks()).map(({ name }) => name)).toContain('demo.echo')
    expect((await client.settings()).broker).toBe('store')
    expect(await all(client.running())).toEqual([])
  })

  test('imports nothing that a browser does not have', () => {
    const seen = new Set<string>()
    const visit = (url: URL) => {
      if (seen.has(url.href)) return
      seen.add(url.href)
      const source = readFileSync(url, 'utf8')
      for (const [, from = ''] of source.matchAll(/^(?:import|export) (?!type )(?:\w+|\{[^}]*\}) from '([^']+)'/gm)) {
        expect([url.pathname, from]).toEqual([url.pathname, expect.stringMatching(/^\.\.?\//)])
        visit(new URL(from, url))
      }
    }
    visit(new URL('./index.ts', import.meta.url))
    expect(seen.size).toBeGreaterThan(3)
  })
})
