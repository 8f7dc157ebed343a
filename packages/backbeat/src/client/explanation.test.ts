import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { usePostgres } from '../../test/postgres.ts'
import { transition } from '../job/transition.ts'
import { openPostgresStore } from '../store/postgres/open.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { ClaimedJob, Store, WorkerReport } from '../store/store.ts'
import { type AnyTask, task } from '../task/define.ts'
import { TaskRegistry } from '../task/registry.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Client } from './client.ts'
import type { EnqueueOptions } from './new-job.ts'

const echo = task({ name: 'demo.echo', input: z.unknown(), run: () => undefined })
const flaky = task({
  name: 'demo.flaky',
  input: z.unknown(),
  retry: { times: 2, backoff: { first: '150s', jitter: false } },
  run: () => undefined,
})
const single = task({
  name: 'shop.sync',
  input: z.unknown(),
  concurrency: { limit: 1, key: () => 'nord' },
  run: () => undefined,
})
const rated = task({ name: 'mail.send', input: z.unknown(), rate: { limit: 1, per: '1m' }, run: () => undefined })

const postgres = usePostgres()

const STORES: [name: string, open: (clock: ManualClock) => Store | Promise<Store>][] = [
  ['SQLite', (clock) => openSqliteStore('sqlite::memory:', { clock })],
  ['Postgres', (clock) => openPostgresStore(postgres.storeUrl(), { clock })],
]

describe.each(STORES)('why a job is where it is, on %s', (_name, open) => {
  const clock = new ManualClock()
  let store: Store
  let registry: TaskRegistry
  let client: Client

  beforeEach(async () => {
    store = await open(clock)
    await store.migrate()
    registry = new TaskRegistry()
    for (const one of [echo, flaky, single, rated]) registry.add(one, 'tasks.ts')
    client = new Client(store, registry, clock)
  })
  afterEach(() => store.close())

  const enqueue = async (one: AnyTask = echo, options: EnqueueOptions = {}) =>
    (await client.enqueueByName(one.name, {}, options)).id
  const claim = async (limit = 100) => (await store.claim({ worker: 'w1', limit, queues: null, leaseMs: 15_000 })).jobs
  const claimOne = async () => (await claim(1))[0] as ClaimedJob

  async function end(job: ClaimedJob, outcome: Parameters<typeof transition>[1], failedItems = 0): Promise<void> {
    const { backoff } = registry.get(job.taskType).retry
    const changes = transition({ ...job, failedItems, cancelRequested: null }, outcome, backoff, clock.now(), 0)
    const lease = { jobId: job.jobId, delivery: job.delivery }
    await store.settle([{ lease, changes, knewOfCancel: false }])
  }

  function failure(transient = false) {
    const error = { type: 'FeedError', message: 'no such feed', at: clock.now() }
    return { kind: 'failure', error, transient } as const
  }

  function work(overrides: Partial<WorkerReport> = {}): Promise<unknown> {
    return store.reportWorker({
      name: 'shop-1:1:a',
      host: 'shop-1',
      pid: 1,
      version: '1.0.0',
      queues: null,
      pool: 'threads',
      leaseMs: 15_000,
      state: 'running',
      slots: 10,
      running: 0,
      memoryBytes: 1,
      eventLoopLagMs: 0,
      ...overrides,
    })
  }

  async function reasons(id: string): Promise<string[]> {
    const { reasons } = await client.insights.explain(id)
    for (const { sentence } of reasons) expect(sentence).toMatch(/^[A-Z]/)
    return reasons.map(({ code }) => code)
  }

  async function first(id: string) {
    return (await client.insights.explain(id)).reasons[0]
  }

  test('nothing is in its way', async () => {
    const id = await enqueue()
    await work()
    expect(await client.insights.explain(id)).toEqual({
      state: 'waiting',
      reasons: [expect.objectContaining({ code: 'ready' })],
    })
  })

  test('no worker runs, or none has been heard of for long', async () => {
    const id = await enqueue()
    expect(await reasons(id)).toEqual(['no_worker'])
    await work()
    clock.advance('16s')
    expect(await first(id)).toMatchObject({ code: 'no_worker', sentence: expect.stringContaining('sign of life') })
  })

  test('no worker serves its queue', async () => {
    const id = await enqueue(echo, { queue: 'mail' })
    await work({ queues: ['default', 'slow'] })
    expect(await first(id)).toMatchObject({
      code: 'no_worker_for_queue',
      sentence: expect.stringContaining('"mail"'),
      fix: expect.stringContaining('--queues mail'),
    })
    await work({ name: 'another', queues: ['mail'] })
    expect(await reasons(id)).toEqual(['ready'])
  })

  test('the workers that serve it are quiet', async () => {
    const id = await enqueue()
    await work({ state: 'quiet' })
    expect(await first(id)).toMatchObject({
      code: 'workers_quiet',
      sentence: expect.stringContaining('shop-1:1:a (quiet)'),
    })
  })

  test('its queue is paused', async () => {
    const id = await enqueue()
    await work()
    await client.pauseQueue('default')
    clock.advance('10s')
    expect(await first(id)).toEqual({
      code: 'queue_paused',
      sentence: 'The queue "default" was paused 10 s ago.',
      params: { queue: 'default', paused_ms: 10_000 },
      fix: 'Resume the queue.',
    })
  })

  test('its queue is drained, where it came after that', async () => {
    const before = await enqueue()
    clock.advance(1)
    await client.drainQueue('default')
    clock.advance(1)
    const after = await enqueue()
    await work()
    expect(await reasons(after)).toContain('queue_draining')
    expect(await reasons(before)).toEqual(['ready'])
  })

  test('its queue runs as many as it may', async () => {
    await enqueue()
    await claim()
    const id = await enqueue()
    await work()
    await client.limitQueue('default', 1)
    expect(await reasons(id)).toEqual(['queue_full'])
  })

  test('a concurrency limit is full, with its key and who holds it', async () => {
    const holder = await enqueue(single)
    await claim()
    const id = await enqueue(single)
    await claim()
    await work()
    const reason = await first(id)
    expect(reason?.code).toBe('concurrency_limit')
    expect(reason?.sentence).toContain('"shop.sync:nord"')
    expect(reason?.sentence).toContain(holder)
  })

  test('a rate limit keeps it, with its key and until when', async () => {
    await enqueue(rated)
    const id = await enqueue(rated)
    await claim()
    await work()
    clock.advance('15s')
    await work()
    const reason = await first(id)
    expect(reason).toMatchObject({ code: 'rate_limit', sentence: expect.stringContaining('"mail.send" (1 in 1 m)') })
    expect(reason?.sentence).toContain('in 45 s')
  })

  test('it is due later, by its own wish or after a failed attempt', async () => {
    const later = await enqueue(echo, { delay: '26h' })
    await work()
    expect(await first(later)).toMatchObject({ code: 'due_later', sentence: 'It is due in 1 d 2 h.' })
    const id = await enqueue(flaky)
    await end(await claimOne(), failure(true))
    expect(await first(id)).toMatchObject({
      code: 'retry_later',
      sentence: 'Attempt 1 of 3 failed (FeedError: no such feed); the next is due in 2 m 30 s.',
    })
  })

  test('all slots are taken, and so many come before it', async () => {
    await enqueue(echo, { priority: 1 })
    await enqueue()
    const id = await enqueue()
    await work({ slots: 4, running: 4 })
    expect(await first(id)).toMatchObject({
      code: 'no_free_slot',
      sentence: expect.stringMatching(/All 4 slots .* and 2 jobs come before it/),
    })
    await work({ slots: 4, running: 3 })
    expect(await reasons(id)).toEqual(['behind_others'])
  })

  test('its task is not known here', async () => {
    const id = await enqueue()
    await work()
    const other = new Client(store, new TaskRegistry(), clock)
    expect((await other.insights.explain(id)).reasons.map(({ code }) => code)).toEqual(['unknown_task'])
  })

  test('it expires soon, whatever else is in its way', async () => {
    const id = await enqueue(echo, { expires: '1m' })
    expect(await reasons(id)).toEqual(['no_worker', 'expires'])
    clock.advance('2m')
    expect(await reasons(id)).toEqual(['no_worker', 'expired'])
  })

  test('it runs, and where', async () => {
    const id = await enqueue()
    await claim()
    clock.advance('4s')
    expect(await client.insights.explain(id)).toMatchObject({
      state: 'running',
      reasons: [{ code: 'running', sentence: 'It runs on worker w1; its last heartbeat was 4 s ago.', fix: '' }],
    })
    await client.cancel(id, 'wrong feed')
    expect(await reasons(id)).toEqual(['cancel_requested', 'running'])
  })

  test('its worker is lost, and whether another takes it back', async () => {
    const id = await enqueue()
    await claim()
    clock.advance('16s')
    expect(await first(id)).toMatchObject({ code: 'worker_lost', fix: expect.stringContaining('Start a worker') })
    await work()
    expect(await first(id)).toMatchObject({ code: 'worker_lost', fix: expect.stringContaining('takes it back') })
  })

  test('it rests, and why', async () => {
    const failed = await enqueue()
    await end(await claimOne(), failure())
    expect(await client.insights.explain(failed)).toMatchObject({
      state: 'resting',
      reasons: [
        { code: 'failed', sentence: 'It failed: FeedError: no such feed.', fix: 'Mend the cause, then retry it.' },
      ],
    })
    const completed = await enqueue()
    await end(await claimOne(), { kind: 'success', result: null, warnings: [] })
    expect(await reasons(completed)).toEqual(['completed'])
    const warned = await enqueue()
    await end(await claimOne(), { kind: 'success', result: null, warnings: ['hm'] }, 1)
    expect(await reasons(warned)).toEqual(['completed_with_warnings'])
    const cancelled = await enqueue()
    await client.cancel(cancelled, 'wrong feed')
    expect(await first(cancelled)).toMatchObject({ sentence: 'It was cancelled: wrong feed.' })
    const stuck = await enqueue()
    await end({ ...(await claimOne()), maxRedeliveries: 0 }, { kind: 'lost', reason: 'It vanished' })
    expect(await reasons(stuck)).toEqual(['stuck'])
  })

  test('there is no such job', async () => {
    await expect(client.insights.explain('019c0000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'unknown_job',
    })
  })
})
