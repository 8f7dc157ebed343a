import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { type AnyTask, cancel, fail, snooze, TransientError, task, warn } from '../src/index.ts'
import { createTestBackbeat } from '../src/testing/index.ts'

class NetworkError extends Error {}

function setUp(...tasks: AnyTask[]) {
  const backbeat = createTestBackbeat({ tasks })
  onTestFinished(() => backbeat.close())
  return backbeat
}

const nothing = z.object({})

describe('an attempt', () => {
  test('gets the input as the schema transforms it, and stores what the task returns', async () => {
    const double = task({
      name: 'demo.double',
      input: z.object({ at: z.coerce.date(), times: z.int().default(2) }),
      run: ({ at, times }) => ({ year: at.getUTCFullYear() * times }),
    })
    const backbeat = setUp(double)

    const handle = await backbeat.enqueue(double, { at: '2026-03-01' })
    await backbeat.drain()

    const job = await handle.get()
    expect(job).toMatchObject({
      status: 'completed',
      result: { year: 4052 },
      attempt: 1,
      progressPercent: 100,
      startedAt: backbeat.clock.now(),
      completedAt: backbeat.clock.now(),
    })
    expect(job.input).toEqual({ at: '2026-03-01' })
  })

  test('takes any Standard Schema, and one that checks asynchronously too', async () => {
    const shopCode: StandardSchemaV1<string, number> = {
      '~standard': {
        version: 1,
        vendor: 'by hand',
        validate: async (value) =>
          typeof value === 'string' && /^S\d+$/.test(value)
            ? { value: Number(value.slice(1)) }
            : { issues: [{ message: 'is no shop code', path: ['code'] }] },
      },
    }
    const byCode = task({ name: 'demo.by_code', input: shopCode, run: (code) => code + 1 })
    const backbeat = setUp(byCode)
    const handle = await backbeat.enqueue(byCode, 'S41')
    await expect(backbeat.enqueue(byCode, 'X')).rejects.toMatchObject({ issues: [{ path: ['code'] }] })
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({ status: 'completed', input: 'S41', result: 42 })
  })

  test('that throws an error which is not listed fails the job at once and keeps what happened', async () => {
    const broken = task({
      name: 'demo.broken',
      input: nothing,
      retry: { on: [NetworkError], times: 5 },
      run: () => {
        throw new RangeError('no such shelf', { cause: new Error('the shelf burned down') })
      },
    })
    const backbeat = setUp(broken)

    const handle = await backbeat.enqueue(broken, {})
    expect(await backbeat.drain()).toBe(1)
    backbeat.clock.advance('1d')
    expect(await backbeat.drain()).toBe(0)

    const job = await handle.get()
    expect(job).toMatchObject({ status: 'failed', attempt: 1, errorType: 'RangeError', errorMessage: 'no such shelf' })
    expect(job.traceback).toContain('the shelf burned down')
    expect(job.errors).toMatchObject([{ type: 'RangeError', attempt: 1 }])
  })

  test('that throws a listed error is repeated after ever longer waits until it succeeds', async () => {
    let tries = 0
    const flaky = task({
      name: 'demo.flaky',
      input: nothing,
      retry: { on: [NetworkError], times: 3, backoff: { first: '60s', max: '90s', jitter: false } },
      run: () => {
        tries += 1
        if (tries < 4) throw new NetworkError(`dropped ${tries}`)
        return tries
      },
    })
    const backbeat = setUp(flaky)
    const handle = await backbeat.enqueue(flaky, {})

    const dueAfter: number[] = []
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await backbeat.drain()
      const job = await handle.get()
      expect(job).toMatchObject({ status: 'retrying', attempt, errorMessage: `dropped ${attempt}` })
      dueAfter.push(job.runAt - backbeat.clock.now())
      backbeat.clock.advance(job.runAt - backbeat.clock.now() - 1)
      expect(await backbeat.drain()).toBe(0)
      backbeat.clock.advance(1)
    }
    await backbeat.drain()

    expect(dueAfter).toEqual([60_000, 90_000, 90_000])
    expect(await handle.get()).toMatchObject({ status: 'completed', result: 4, errorMessage: null, attempt: 4 })
    const client = await backbeat.open()
    const attempts = await client.attempts(handle.id)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'completed'])
  })

  test('fails for good when the listed error outlasts its retries', async () => {
    const flaky = task({
      name: 'demo.flaky',
      input: nothing,
      retry: { times: 1, backoff: { first: '1s' } },
      run: () => {
        throw new TransientError('still down')
      },
    })
    const backbeat = setUp(flaky)
    const handle = await backbeat.enqueue(flaky, {})
    await backbeat.drain()
    backbeat.clock.advance('1s')
    await backbeat.drain()

    const job = await handle.get()
    expect(job).toMatchObject({ status: 'failed', attempt: 2, maxAttempts: 2 })
    expect(job.errors).toHaveLength(2)
  })

  test.each([
    [
      'warn',
      () => warn({ imported: 97 }, ['3 rows without a price']),
      { status: 'completed_with_warnings', result: { imported: 97 }, warnings: ['3 rows without a price'] },
    ],
    ['cancel', () => cancel('order withdrawn'), { status: 'cancelled', cancelReason: 'order withdrawn' }],
    ['fail', () => fail('the card was declined'), { status: 'failed', errorMessage: 'the card was declined' }],
    [
      '{ success: false }',
      () => ({ success: false, error: 'declined' }),
      { status: 'failed', errorMessage: 'declined' },
    ],
    ['nothing', () => undefined, { status: 'completed', result: null }],
  ])('that returns %s ends as it says', async (_, run, expected) => {
    const verdict = task({ name: 'demo.verdict', input: nothing, retry: { times: 3 }, run: run as () => object })
    const backbeat = setUp(verdict)
    const handle = await backbeat.enqueue(verdict, {})
    await backbeat.drain()
    expect(await handle.get()).toMatchObject(expected)
  })

  test('that snoozes runs again later, and the try does not count', async () => {
    let tries = 0
    const patient = task({
      name: 'demo.patient',
      input: nothing,
      run: () => (++tries === 1 ? snooze('5m') : 'done'),
    })
    const backbeat = setUp(patient)
    const handle = await backbeat.enqueue(patient, {})
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({ status: 'pending', attempt: 0 })
    backbeat.clock.advance('5m')
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({ status: 'completed', attempt: 1 })
  })

  test.each([
    ['a function', () => ({ callback: () => {} }), 'result.callback'],
    ['a date', () => ({ when: new Date() }), 'result.when'],
    ['a number that is none', () => [1, Number.NaN], 'result.1'],
    [
      'itself',
      () => {
        const loop: { self?: object } = {}
        loop.self = loop
        return loop
      },
      'result.self',
    ],
    ['too much', () => 'x'.repeat(1024 * 1024), 'at most'],
  ])('that returns %s fails with the reason and the place', async (_, run, where) => {
    const odd = task({ name: 'demo.odd', input: nothing, run: run as () => object })
    const backbeat = setUp(odd)
    const handle = await backbeat.enqueue(odd, {})
    await backbeat.drain()
    const job = await handle.get()
    expect(job.status).toBe('failed')
    expect(job.errorMessage).toContain(where)
  })

  test('whose input no longer fits the schema fails once and says where', async () => {
    let strict = false
    const schema = z.object({ shop: z.string().refine(() => !strict, 'shops are numbers now') })
    const moved = task({ name: 'demo.moved', input: schema, retry: { times: 3 }, run: () => 'never' })
    const backbeat = setUp(moved)
    const handle = await backbeat.enqueue(moved, { shop: 'nord' })
    strict = true
    await backbeat.drain()
    const job = await handle.get()
    expect(job).toMatchObject({ status: 'failed', attempt: 1, errorType: 'InvalidInputError' })
    expect(job.errorMessage).toContain('shop: shops are numbers now')
  })

  test('reports progress and writes a log that can be read line by line', async () => {
    const chatty = task({
      name: 'demo.chatty',
      input: nothing,
      run: (_, ctx) => {
        ctx.progress({ current: 5, total: 11 }, 'file 5 of 11', { file: 'e.csv' })
        ctx.log.info('reading', { file: 'e.csv' })
        ctx.log.warn('bad \0 byte')
        throw new Error('enough')
      },
    })
    const backbeat = setUp(chatty)
    const handle = await backbeat.enqueue(chatty, {})
    await backbeat.drain()
    expect(await handle.get()).toMatchObject({
      progressPercent: 45,
      progressMessage: 'file 5 of 11',
      progressMeta: { file: 'e.csv' },
    })
    const client = await backbeat.open()
    const { entries } = await client.logs(handle.id)
    expect(entries).toMatchObject([
      { level: 'info', message: 'reading', fields: { file: 'e.csv' } },
      { level: 'warn', message: 'bad \ufffd byte' },
    ])
  })
})

test('what a task tells in passing is bounded, and too much of it does not fail the task', async () => {
  const verbose = task({
    name: 'demo.verbose',
    input: nothing,
    run: (_, ctx) => {
      ctx.log.info('x'.repeat(100_000), { large: 'x'.repeat(1_000_000) })
      ctx.progress(50, 'x'.repeat(100_000), { large: 'x'.repeat(1_000_000) })
    },
  })
  const backbeat = setUp(verbose)
  const handle = await backbeat.enqueue(verbose, {})
  await backbeat.drain()
  const job = await handle.get()
  expect(job.status).toBe('completed')
  expect(job.progressMessage?.length).toBeLessThanOrEqual(2000)
  expect(job.progressMeta).toEqual({ left_out: '1000012 bytes; at most 16384 are kept' })
  const client = await backbeat.open()
  const { entries } = await client.logs(handle.id)
  expect(entries[0]?.message.length).toBeLessThanOrEqual(2000)
  expect(entries[0]?.fields).toEqual({ left_out: '1000012 bytes; at most 16384 are kept' })
})

describe('limits', () => {
  const soft = { limits: { soft: '30s' } } as const

  test('the soft limit aborts the signal, and a partial result is kept with a warning', async () => {
    const started = Promise.withResolvers<void>()
    const slow = task({
      name: 'demo.slow',
      input: nothing,
      ...soft,
      run: async (_, ctx) => {
        started.resolve()
        const reason = await new Promise<Error>((resolve) => {
          ctx.signal.addEventListener('abort', () => resolve(ctx.signal.reason))
        })
        return { partial: true, because: (reason as Error & { code: string }).code }
      },
    })
    const backbeat = setUp(slow)
    const handle = await backbeat.enqueue(slow, {})
    const drained = backbeat.drain()
    await started.promise
    backbeat.clock.advance('30s')
    await drained
    const job = await handle.get()
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      result: { partial: true, because: 'soft_time_limit' },
    })
    expect(job.warnings[0]).toContain('soft time limit')
  })

  test('a task that does not catch the soft limit fails with it, and is not repeated', async () => {
    const started = Promise.withResolvers<void>()
    const slow = task({
      name: 'demo.slow',
      input: nothing,
      retry: { times: 3 },
      ...soft,
      run: (_, ctx) =>
        new Promise<never>((_resolve, reject) => {
          started.resolve()
          ctx.signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')))
        }),
    })
    const backbeat = setUp(slow)
    const handle = await backbeat.enqueue(slow, {})
    const drained = backbeat.drain()
    await started.promise
    backbeat.clock.advance('30s')
    await drained
    expect(await handle.get()).toMatchObject({ status: 'failed', errorType: 'SoftTimeLimitError', attempt: 1 })
  })

  test('the hard limit ends what hangs', async () => {
    const started = Promise.withResolvers<void>()
    const hung = task({
      name: 'demo.hung',
      input: nothing,
      limits: { hard: '2s' },
      run: () => {
        started.resolve()
        return new Promise<never>(() => {})
      },
    })
    const backbeat = setUp(hung)
    const handle = await backbeat.enqueue(hung, {})
    const drained = backbeat.drain()
    await started.promise
    backbeat.clock.advance('2s')
    await drained
    const job = await handle.get()
    expect(job).toMatchObject({ status: 'failed', errorType: 'HardTimeLimitError' })
    expect(job.errorMessage).toContain('2000 ms')
  })
})

describe('enqueueing', () => {
  const echo = task({ name: 'demo.echo', input: z.object({ text: z.string() }), run: ({ text }) => text })

  test('refuses an input that does not fit, names each path, and stores nothing', async () => {
    const backbeat = setUp(echo)
    // @ts-expect-error the input's type flows from the schema
    const refused = backbeat.enqueue(echo, { text: 7 })
    await expect(refused).rejects.toMatchObject({ code: 'invalid_input', issues: [{ path: ['text'] }] })
    const client = await backbeat.open()
    expect((await client.list()).entries).toEqual([])
  })

  test('refuses a task that the application does not know', async () => {
    const other = task({ name: 'demo.other', input: nothing, run: () => null })
    await expect(setUp(echo).enqueue(other, {})).rejects.toMatchObject({ code: 'unknown_task' })
  })

  test.each([
    [{ priority: 0.5 }, 'priority'],
    [{ queue: '' }, 'queue'],
    [{ triggeredBy: 'nul\0' }, 'triggeredBy'],
    [{ tags: Array.from({ length: 21 }, String) }, '21 tags'],
    [{ runAt: new Date('never') }, 'runAt'],
    [{ delay: '5 minutes' as '5m' }, 'delay'],
    [{ delay: 8.64e15 }, 'year 9999'],
  ])('refuses the option %j', async (options, named) => {
    await expect(setUp(echo).enqueue(echo, { text: 'a' }, options)).rejects.toThrow(named)
  })

  test('keeps a job until its time has come', async () => {
    const backbeat = setUp(echo)
    const handle = await backbeat.enqueue(echo, { text: 'later' }, { delay: '10m' })
    backbeat.clock.advance('9m')
    expect(await backbeat.drain()).toBe(0)
    backbeat.clock.advance('1m')
    expect(await backbeat.drain()).toBe(1)
    expect(await handle.get()).toMatchObject({ status: 'completed' })
  })

  test('of a second job with the same unique key is refused with the id of the first, until that one is over', async () => {
    const once = task({
      name: 'demo.once',
      input: z.object({ shop: z.string() }),
      unique: { key: ({ shop }) => shop },
      run: () => null,
    })
    const backbeat = setUp(once)
    const first = await backbeat.enqueue(once, { shop: 'nord' })
    await expect(backbeat.enqueue(once, { shop: 'nord' })).rejects.toMatchObject({
      code: 'already_running',
      activeJobId: first.id,
    })
    await backbeat.enqueue(once, { shop: 'sud' })
    await backbeat.drain()
    await backbeat.enqueue(once, { shop: 'nord' })
  })
})

describe('enqueueing many at once', () => {
  const once = task({
    name: 'demo.once',
    input: z.object({ shop: z.string() }),
    unique: { key: ({ shop }) => shop },
    run: ({ shop }) => shop,
  })

  test('stores ten thousand jobs in the order of their inputs', async () => {
    const backbeat = setUp(once)
    const client = await backbeat.open()
    const inputs = Array.from({ length: 10_000 }, (_, index) => ({ shop: `shop ${index}` }))
    const handles = await client.enqueueMany(once, inputs, { tags: ['nightly'] })
    expect(handles).toHaveLength(10_000)
    expect((await handles[9_999]?.get())?.input).toEqual({ shop: 'shop 9999' })
    expect(await client.get(handles[0]?.id ?? '')).toMatchObject({ status: 'pending', tags: ['nightly'] })
  })

  test('stores none where one is not valid', async () => {
    const backbeat = setUp(once)
    const client = await backbeat.open()
    const inputs = [{ shop: 'nord' }, { shop: 7 as unknown as string }]
    await expect(client.enqueueMany(once, inputs)).rejects.toMatchObject({ code: 'invalid_input' })
    expect((await client.list()).entries).toEqual([])
  })

  test('answers with the active job where a unique one is in the way', async () => {
    const backbeat = setUp(once)
    const client = await backbeat.open()
    const first = await backbeat.enqueue(once, { shop: 'nord' })
    const handles = await client.enqueueMany(once, [{ shop: 'nord' }, { shop: 'sued' }, { shop: 'sued' }])
    expect(handles[0]?.id).toBe(first.id)
    expect(handles[1]?.id).toBe(handles[2]?.id)
    expect((await client.list()).entries).toHaveLength(2)
  })
})

describe('retrying and cancelling by hand', () => {
  const broken = task({
    name: 'demo.broken',
    input: z.object({ order: z.int() }),
    run: () => {
      throw new Error('no')
    },
  })

  test('a retry is a new job that points back, and the old one stays as it is', async () => {
    const backbeat = setUp(broken)
    const client = await backbeat.open()
    const handle = await backbeat.enqueue(broken, { order: 7 }, { tags: ['shop=nord'] })
    await backbeat.drain()
    const before = await handle.get()

    const retry = await client.retry(handle.id, 'ana')
    expect(await retry.get()).toMatchObject({
      status: 'pending',
      input: { order: 7 },
      tags: ['shop=nord'],
      retriedFromId: handle.id,
      triggeredBy: 'retry:ana',
    })
    expect(await handle.get()).toEqual(before)
  })

  test('a second retry is refused while the first one is active', async () => {
    const backbeat = setUp(broken)
    const client = await backbeat.open()
    const handle = await backbeat.enqueue(broken, { order: 7 })
    await backbeat.drain()
    const retry = await client.retry(handle.id, 'ana')
    await expect(client.retry(handle.id, 'ben')).rejects.toMatchObject({ activeJobId: retry.id })
  })

  test('a job that has not failed cannot be retried', async () => {
    const backbeat = setUp(broken)
    const client = await backbeat.open()
    const handle = await backbeat.enqueue(broken, { order: 7 })
    await expect(client.retry(handle.id, 'ana')).rejects.toMatchObject({ code: 'not_retryable', status: 409 })
    await handle.cancel()
    await expect(client.retry(handle.id, 'ana')).rejects.toMatchObject({ code: 'not_retryable' })
  })

  test('a waiting job is cancelled at once and never runs', async () => {
    const backbeat = setUp(broken)
    const handle = await backbeat.enqueue(broken, { order: 7 })
    await handle.cancel('order withdrawn')
    expect(await backbeat.drain()).toBe(0)
    expect(await handle.get()).toMatchObject({ status: 'cancelled', cancelReason: 'order withdrawn', attempt: 0 })
    await expect(handle.cancel()).rejects.toMatchObject({ code: 'not_cancellable' })
  })

  test('cancelling or retrying a job that does not exist says so', async () => {
    const client = await setUp(broken).open()
    const id = '01900000-0000-7000-8000-000000000000'
    await expect(client.cancel(id, 'x')).rejects.toMatchObject({ code: 'unknown_job' })
    await expect(client.retry(id, 'ana')).rejects.toMatchObject({ code: 'unknown_job' })
  })
})

test('an input that is wrong in thousands of places is refused with a message that people can read', async () => {
  const lists = task({ name: 'demo.lists', input: z.record(z.string(), z.array(z.string())), run: () => null })
  const numbers = Array.from({ length: 20_000 }, () => 1) as unknown as string[]
  const refused = setUp(lists).enqueue(lists, { ['k'.repeat(20_000)]: numbers })
  const error = await refused.catch((refusal: unknown) => refusal)
  expect(error).toMatchObject({ code: 'invalid_input' })
  expect((error as Error).message.length).toBeLessThan(2000)
})
