import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { type AnyTask, type ItemOptions, TransientError, task } from '../src/index.ts'
import { createTestBackbeat } from '../src/testing/index.ts'

interface Row {
  sku: string
  price?: number
}

const rows = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ sku: `S${index}`, price: index }))

function setUp(...tasks: AnyTask[]) {
  const backbeat = createTestBackbeat({ tasks })
  onTestFinished(() => backbeat.close())
  return backbeat
}

/** A task that works through rows and fails those without a price. */
function importOf(
  source: () => Iterable<Row> | AsyncIterable<Row>,
  options: Partial<ItemOptions<Row>> = {},
  work: (row: Row) => unknown = () => undefined,
) {
  return task({
    name: 'catalog.import',
    input: z.object({}),
    retry: { times: 3, backoff: { first: '1s' } },
    run: (_, ctx) =>
      ctx.items(
        source(),
        (row) => {
          if (row.price === undefined) throw new RangeError(`${row.sku} has no price`)
          return work(row)
        },
        { key: ({ sku }) => sku, ...options },
      ),
  })
}

describe('items', () => {
  test.each([
    ['an array', () => rows(250)],
    ['an iterable', () => new Set(rows(250))],
    ['a generator', () => rows(250).values()],
    [
      'an async iterable',
      async function* () {
        yield* rows(250)
      },
    ],
    ['a Node stream', () => Readable.from(rows(250))],
  ])('are read from %s', async (_, source) => {
    const seen: string[] = []
    const work = importOf(source, {}, ({ sku }) => seen.push(sku))
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    const job = await handle.get()
    expect(job).toMatchObject({
      status: 'completed',
      progressPercent: 100,
      items: { total: 250, processed: 250, successful: 250, failed: 0 },
    })
    expect(seen).toHaveLength(250)
  })

  test('that fail do not stop the others, and are kept with their error', async () => {
    const source = rows(10).map((row, index) => (index % 4 === 3 ? { sku: row.sku } : row))
    const work = importOf(() => source, { batch: 3 })
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()

    const job = await handle.get()
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      progressPercent: 100,
      progressMessage: 'batch 4 of 4',
      items: { total: 10, processed: 10, successful: 8, failed: 2 },
      result: { total: 10, processed: 10, successful: 8, failed: 2, duplicates: 0 },
    })
    expect(job.errors.map(({ item, message }) => [item, message])).toEqual([
      ['S3', 'S3 has no price'],
      ['S7', 'S7 has no price'],
    ])
    const client = await backbeat.open()
    const failed = await client.items(handle.id, { status: 'failed' })
    expect(failed.entries).toMatchObject([
      { key: 'S3', position: 3, errorType: 'RangeError', attempts: 1 },
      { key: 'S7', position: 7 },
    ])
  })

  test('are not done again by a later attempt', async () => {
    const done: string[] = []
    let fails = true
    const work = importOf(
      () => rows(10),
      { batch: 2 },
      ({ sku }) => {
        done.push(sku)
      },
    )
    const dies = task({
      name: 'catalog.dies',
      input: z.object({}),
      retry: { times: 1, backoff: { first: '1s' } },
      run: (_, ctx) => {
        async function* source() {
          for (const row of rows(10)) {
            if (fails && row.sku === 'S6') {
              fails = false
              throw new TransientError('connection dropped')
            }
            yield row
          }
        }
        return ctx.items(source(), ({ sku }) => void done.push(sku), { key: ({ sku }) => sku, batch: 2, total: 10 })
      },
    })
    const backbeat = setUp(work, dies)
    const handle = await backbeat.enqueue(dies, {})
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({
      status: 'retrying',
      progressPercent: 60,
      items: { total: 10, processed: 6 },
    })
    backbeat.clock.advance('1s')
    await backbeat.drain()

    expect(await handle.get()).toMatchObject({
      status: 'completed',
      attempt: 2,
      items: { total: 10, processed: 10, successful: 10, failed: 0 },
    })
    expect(done).toEqual(rows(10).map(({ sku }) => sku))
  })

  test('that failed are the only ones that a retry of failed items works on', async () => {
    const prices = new Map<string, number>()
    const done: string[] = []
    const source = () =>
      rows(6).map(({ sku }, index) => {
        const price = index % 2 === 0 ? index : prices.get(sku)
        return price === undefined ? { sku } : { sku, price }
      })
    const work = importOf(source, { batch: 2 }, ({ sku }) => void done.push(sku))
    const backbeat = setUp(work)
    const client = await backbeat.open()
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    await expect(client.retry(handle.id, 'ana')).rejects.toMatchObject({ code: 'not_retryable' })

    prices.set('S1', 1)
    prices.set('S3', 3)
    done.length = 0
    const retry = await client.retry(handle.id, 'ana', 'failed_items')
    await backbeat.drain()
    expect(done).toEqual(['S1', 'S3'])
    expect(await retry.get()).toMatchObject({
      status: 'completed_with_warnings',
      progressPercent: 100,
      items: { total: 3, processed: 3, successful: 2, failed: 1 },
    })

    prices.set('S5', 5)
    const again = await client.retry(retry.id, 'ana', 'failed_items')
    await backbeat.drain()
    expect(await again.get()).toMatchObject({ status: 'completed', items: { total: 1, successful: 1 } })
  })

  test('with a key that was used before are left out and counted', async () => {
    const source = [...rows(5), ...rows(3), { sku: 'S9', price: 1 }, { sku: 'S9', price: 2 }]
    const done: string[] = []
    const work = importOf(
      () => source,
      { batch: 4 },
      ({ sku }) => void done.push(sku),
    )
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    expect(done).toEqual(['S0', 'S1', 'S2', 'S3', 'S4', 'S9'])
    const job = await handle.get()
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      progressPercent: 100,
      items: { total: 6, processed: 6 },
      result: { duplicates: 4 },
    })
    expect(job.warnings[0]).toContain('4 items')
  })

  test('are worked on side by side as far as the concurrency allows', async () => {
    let atOnce = 0
    let most = 0
    const work = importOf(
      () => rows(20),
      { concurrency: 4 },
      async () => {
        most = Math.max(most, ++atOnce)
        await Promise.resolve()
        atOnce -= 1
      },
    )
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    expect(most).toBe(4)
    expect((await handle.get()).items.successful).toBe(20)
  })

  test('are tried again by their own policy, for the errors it lists', async () => {
    const tries = new Map<string, number>()
    const work = importOf(
      () => [{ sku: 'flaky', price: 1 }, { sku: 'broken' }],
      { retry: { times: 2, backoff: { first: 0 } } },
      ({ sku }) => {
        tries.set(sku, (tries.get(sku) ?? 0) + 1)
        if ((tries.get(sku) ?? 0) < 3) throw new TransientError('busy')
      },
    )
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    const drained = backbeat.drain()
    while ((await Promise.race([drained, new Promise((turn) => setImmediate(turn))])) === undefined) {
      backbeat.clock.advance('1s')
    }
    const client = await backbeat.open()
    const { entries } = await client.items(handle.id)
    expect(entries).toMatchObject([
      { key: 'flaky', status: 'successful', attempts: 3 },
      { key: 'broken', status: 'failed', attempts: 1 },
    ])
  })

  test.each([
    ['an empty key', { key: () => '' }, 'position 0'],
    ['a key that is no text', { key: () => 7 as unknown as string }, 'is 7'],
    ['a batch of none', { batch: 0 }, 'batch'],
    ['half a worker', { concurrency: 0.5 }, 'concurrency'],
  ])('with %s end the job with a clear error', async (_, options, named) => {
    const work = importOf(() => rows(3), options)
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    const job = await handle.get()
    expect(job.status).toBe('failed')
    expect(job.errorMessage).toContain(named)
  })

  test('of an empty source complete at once', async () => {
    const work = importOf(() => [])
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({ status: 'completed', items: { total: 0, processed: 0 } })
  })

  test('that a soft limit cuts short are recorded, and the rest is left for a partial result', async () => {
    const third = Promise.withResolvers<void>()
    const work = task({
      name: 'catalog.partial',
      input: z.object({}),
      limits: { soft: '30s' },
      run: async (_, ctx) => {
        let done = 0
        try {
          await ctx.items(
            rows(10),
            async ({ sku }) => {
              if (sku !== 'S3') {
                done += 1
                return
              }
              third.resolve()
              await new Promise((_resolve, reject) => {
                ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
              })
            },
            { key: ({ sku }) => sku, batch: 2 },
          )
        } catch (error) {
          if (!ctx.signal.aborted) throw error
        }
        return { done }
      },
    })
    const backbeat = setUp(work)
    const handle = await backbeat.enqueue(work, {})
    const drained = backbeat.drain()
    await third.promise
    backbeat.clock.advance('30s')
    await drained
    expect(await handle.get()).toMatchObject({
      status: 'completed_with_warnings',
      result: { done: 3 },
      items: { total: 10, processed: 3, failed: 0 },
    })
  })
})
