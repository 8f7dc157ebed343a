import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { type AnyTask, task } from '../src/index.ts'
import { createTestBackbeat } from '../src/testing/index.ts'

function setUp(...tasks: AnyTask[]) {
  const backbeat = createTestBackbeat({ tasks })
  onTestFinished(() => backbeat.close())
  return backbeat
}

const shopInput = z.object({ shop: z.string() })
const base = { name: 'shop.sync', input: shopInput, run: ({ shop }: { shop: string }) => shop }

describe('a unique task', () => {
  test('answers with the job that is there already, where it says so', async () => {
    const sync = task({ ...base, unique: { key: ({ shop }) => shop, onConflict: 'return' } })
    const backbeat = setUp(sync)
    const first = await backbeat.enqueue(sync, { shop: 'nord' })
    expect((await backbeat.enqueue(sync, { shop: 'nord' })).id).toBe(first.id)
    expect((await backbeat.enqueue(sync, { shop: 'sued' })).id).not.toBe(first.id)
  })

  test('runs once in each period', async () => {
    const sync = task({ ...base, unique: { key: ({ shop }) => shop, period: '1h' } })
    const backbeat = setUp(sync)
    await backbeat.enqueue(sync, { shop: 'nord' })
    await backbeat.drain()
    await expect(backbeat.enqueue(sync, { shop: 'nord' })).rejects.toMatchObject({ code: 'already_running' })
    backbeat.clock.advance('1h')
    await backbeat.enqueue(sync, { shop: 'nord' })
  })

  test('that is debounced runs the last of a burst, once, after it', async () => {
    const inputs = z.object({ shop: z.string(), revision: z.int() })
    const ran: number[] = []
    const sync = task({
      name: 'shop.sync',
      input: inputs,
      unique: { key: ({ shop }) => shop, debounce: '5s' },
      run: ({ revision }) => void ran.push(revision),
    })
    const backbeat = setUp(sync)
    for (const revision of [1, 2, 3]) {
      await backbeat.enqueue(sync, { shop: 'nord', revision })
      backbeat.clock.advance('4s')
      await backbeat.drain()
    }
    expect(ran).toEqual([])
    backbeat.clock.advance('1s')
    await backbeat.drain()
    expect(ran).toEqual([3])
  })

  test('cannot be debounced and refuse others at once', () => {
    const unique = { key: () => 'k', debounce: '5s', onConflict: 'reject' } as const
    expect(() => task({ ...base, unique })).toThrow(expect.objectContaining({ code: 'invalid_unique' }))
  })
})

describe('a task with limits of its own', () => {
  test('has its jobs start no faster than its rate', async () => {
    const mail = task({ ...base, rate: { limit: 2, per: '1m', key: ({ shop }) => shop } })
    const backbeat = setUp(mail)
    for (const shop of ['nord', 'nord', 'nord', 'sued']) await backbeat.enqueue(mail, { shop })
    expect(await backbeat.drain()).toBe(3)
    backbeat.clock.advance('1m')
    expect(await backbeat.drain()).toBe(1)
  })

  test('has no more jobs running than its concurrency, and none is forgotten', async () => {
    let running = 0
    let most = 0
    const sync = task({
      ...base,
      concurrency: [{ limit: 3 }, { limit: 1, key: ({ shop }) => shop }],
      run: async () => {
        most = Math.max(most, ++running)
        await Promise.resolve()
        running -= 1
      },
    })
    const backbeat = setUp(sync)
    const client = await backbeat.open()
    await client.enqueueMany(
      sync,
      Array.from({ length: 30 }, (_, index) => ({ shop: `shop ${index % 5}` })),
    )
    expect(await backbeat.drain()).toBe(30)
    expect(most).toBe(1)
    expect((await client.list({ status: ['completed'] })).entries).toHaveLength(30)
  })

  test.each([
    [{ concurrency: { limit: 0 } }, 'concurrency.limit'],
    [{ rate: { limit: 1.5, per: '1s' } }, 'rate.limit'],
    [{ rate: { limit: 1, per: 'soon' as '1s' } }, 'rate.per'],
  ] as const)('is refused where a limit cannot work: %j', (options, named) => {
    expect(() => task({ ...base, ...options })).toThrow(named)
  })
})

describe('a job that waits too long', () => {
  test('is cancelled as expired and never runs', async () => {
    const offer = task({ ...base, expires: '10m' })
    const backbeat = setUp(offer)
    const handle = await backbeat.enqueue(offer, { shop: 'nord' })
    const patient = await backbeat.enqueue(offer, { shop: 'nord' }, { expires: '1h' })
    backbeat.clock.advance('10m')
    expect(await backbeat.drain()).toBe(1)
    expect(await handle.get()).toMatchObject({ status: 'cancelled', cancelReason: 'It expired before it started' })
    expect(await patient.get()).toMatchObject({ status: 'completed' })
  })
})

describe('a queue', () => {
  test('is paused, drained, limited and opened by its name', async () => {
    const sync = task(base)
    const backbeat = setUp(sync)
    const client = await backbeat.open()
    await backbeat.enqueue(sync, { shop: 'nord' })
    await client.pauseQueue('default')
    expect(await backbeat.drain()).toBe(0)
    expect(await client.queues()).toMatchObject([{ name: 'default', waiting: 1, pausedAt: backbeat.clock.now() }])
    await client.openQueue('default')
    expect(await backbeat.drain()).toBe(1)
    await client.drainQueue('default')
    backbeat.clock.advance(1)
    await backbeat.enqueue(sync, { shop: 'sued' })
    expect(await backbeat.drain()).toBe(0)
    await client.openQueue('default')
    expect(await backbeat.drain()).toBe(1)
    await expect(client.limitQueue('default', 0)).rejects.toMatchObject({ code: 'invalid_option' })
  })
})
