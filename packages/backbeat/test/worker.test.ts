import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createBackbeat, type JobHandle, task, type WorkerSettings } from '../src/index.ts'
import {
  block,
  busyLoop,
  createApp,
  echo,
  exits,
  flaky,
  gated,
  ledger,
  obedient,
  stubborn,
  uncaught,
} from './fixtures/app.ts'

/** The application with a worker in this process, whose tasks run in threads. */
async function startApp(worker: WorkerSettings = {}, store = 'sqlite::memory:') {
  const backbeat = createApp(store, worker)
  onTestFinished(() => backbeat.close())
  await backbeat.startWorker()
  return backbeat
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits for what a running task has reported. */
async function started(handle: JobHandle): Promise<void> {
  while ((await handle.get()).progressMessage !== 'started') await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a worker', () => {
  test('runs what is enqueued and tells who waits for it', async () => {
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(echo, { text: 'hello' })
    expect(await handle.outcome()).toMatchObject({ status: 'completed', result: 'hello' })
  })

  test('runs as many jobs at once as it has slots, however many those are', async () => {
    const slots = 4200
    let running = 0
    const all = Promise.withResolvers<void>()
    const meet = task({
      name: 'demo.meet',
      input: z.object({}),
      pool: 'inline',
      run: () => {
        running += 1
        if (running === slots) all.resolve()
        return all.promise
      },
    })
    const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [meet] })
    onTestFinished(() => backbeat.close())
    await backbeat.startWorker({ pool: 'inline', concurrency: slots })
    const early = await backbeat.enqueueMany(meet, new Array(slots - 1).fill({}))
    await expect.poll(() => running).toBe(slots - 1)
    const [last] = await backbeat.enqueueMany(meet, [{}])
    await all.promise
    for (const handle of [early[0], last]) expect(await handle?.outcome()).toMatchObject({ status: 'completed' })
  })

  test('counts what it does', async () => {
    const backbeat = await startApp()
    const none = { outcomes: 0, reports: 0, items: 0, renewals: 0 }
    const idle = { claimed: 0, settled: 0, refused: none, rescued: 0, retriedStoreFaults: 0 }
    expect(backbeat.workerStats()).toEqual(idle)
    await (await backbeat.enqueue(flaky, {})).outcome()
    await expect.poll(() => backbeat.workerStats(), { interval: 5 }).toEqual({ ...idle, claimed: 2, settled: 2 })
  })

  test('repeats an attempt that failed for a passing reason', async () => {
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(flaky, {})
    expect(await handle.outcome()).toMatchObject({ status: 'completed', result: 2, attempt: 2 })
  })

  test('ends a busy loop at its hard limit, while a job beside it is unharmed', async () => {
    const gate = join(temporaryFolder(), 'gate')
    const backbeat = await startApp({ concurrency: 2 })
    const healthy = await backbeat.enqueue(gated, { gate })
    await started(healthy)
    const looping = await backbeat.enqueue(busyLoop, {})
    expect(await looping.outcome()).toMatchObject({ status: 'failed', errorType: 'HardTimeLimitError' })
    writeFileSync(gate, '')
    expect(await healthy.outcome()).toMatchObject({
      status: 'completed',
      result: 'through',
      attempt: 1,
      redeliveries: 0,
    })
  })

  test('has the slot of a job free again after its hard limit', async () => {
    const backbeat = await startApp({ concurrency: 1 })
    await backbeat.enqueue(busyLoop, {})
    const next = await backbeat.enqueue(echo, { text: 'next' })
    expect(await next.outcome()).toMatchObject({ status: 'completed' })
  })

  test('keeps a job whose thread is blocked for longer than its lease', async () => {
    const backbeat = await startApp({ lease: '300ms' })
    const handle = await backbeat.enqueue(block, { ms: 1500 })
    expect(await handle.outcome()).toMatchObject({ status: 'completed', result: 'woke', redeliveries: 0, attempt: 1 })
  })

  test('keeps its jobs while its own event loop is blocked for longer than their lease', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const gate = join(folder, 'gate')
    const backbeat = await startApp({ lease: '300ms' }, store)
    const other = await startApp({ lease: '300ms', queues: ['nothing'] }, store)
    const handle = await backbeat.enqueue(gated, { gate })
    await started(handle)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
    // The other worker sweeps now; a lease that had run out would be taken.
    const probe = await other.enqueue(echo, { text: 'probe' })
    await probe.outcome()
    writeFileSync(gate, '')
    expect(await handle.outcome()).toMatchObject({ status: 'completed', redeliveries: 0 })
  })

  test('stops a running task that is cancelled and listens', async () => {
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(obedient, {})
    await started(handle)
    await handle.cancel('changed my mind')
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled', cancelReason: 'changed my mind' })
  })

  test('ends a running task that is cancelled and does not listen', async () => {
    const backbeat = await startApp({ cancelGrace: '100ms', concurrency: 1 })
    const handle = await backbeat.enqueue(stubborn, {})
    await started(handle)
    await handle.cancel('enough')
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled', cancelReason: 'enough' })
    const next = await backbeat.enqueue(echo, { text: 'next' })
    expect(await next.outcome()).toMatchObject({ status: 'completed' })
  })

  test('cancels a running task that another process asked to stop', async () => {
    const store = `sqlite:${join(temporaryFolder(), 'jobs.db')}`
    const backbeat = await startApp({}, store)
    const elsewhere = createApp(store)
    onTestFinished(() => elsewhere.close())
    const handle = await backbeat.enqueue(obedient, {})
    await started(handle)
    const client = await elsewhere.open()
    await client.cancel(handle.id, 'from elsewhere')
    expect(await handle.outcome()).toMatchObject({ status: 'cancelled', cancelReason: 'from elsewhere' })
  })

  test('records an error that nobody caught as the failure of its job', async () => {
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(uncaught, {})
    expect(await handle.outcome()).toMatchObject({ status: 'failed', errorMessage: 'nobody caught this' })
  })

  test('hands a job whose executor vanished out again, until it is stuck', async () => {
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(exits, {})
    const job = await handle.outcome()
    expect(job).toMatchObject({ status: 'stuck', redeliveries: 1, attempt: 1 })
    const client = await backbeat.open()
    expect((await client.attempts(handle.id)).map(({ outcome }) => outcome)).toEqual(['lost', 'lost'])
  })

  test('runs higher priorities first', async () => {
    const folder = temporaryFolder()
    const gate = join(folder, 'gate')
    const backbeat = await startApp({ concurrency: 1 })
    const first = await backbeat.enqueue(gated, { gate })
    await started(first)
    const low = await backbeat.enqueue(echo, { text: 'low' }, { priority: -5 })
    const high = await backbeat.enqueue(echo, { text: 'high' }, { priority: 5 })
    writeFileSync(gate, '')
    const [lowJob, highJob] = await Promise.all([low.outcome(), high.outcome()])
    expect(highJob.startedAt).toBeLessThanOrEqual(lowJob.startedAt ?? 0)
    expect((await backbeat.open()) && lowJob.status).toBe('completed')
  })

  test('serves only the queues it was told to', async () => {
    const backbeat = await startApp({ queues: ['fast'] })
    const slow = await backbeat.enqueue(echo, { text: 'slow' }, { queue: 'slow' })
    const fast = await backbeat.enqueue(echo, { text: 'fast' }, { queue: 'fast' })
    await fast.outcome()
    expect(await slow.get()).toMatchObject({ status: 'pending' })
  })
})

describe('a worker that is stopped', () => {
  test('lets a job finish within the grace period', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const gate = join(folder, 'gate')
    const backbeat = await startApp({}, store)
    const handle = await backbeat.enqueue(gated, { gate })
    await started(handle)
    const closed = backbeat.close()
    writeFileSync(gate, '')
    await closed
    const client = await createAppFor(store).open()
    expect(await client.get(handle.id)).toMatchObject({ status: 'completed' })
  })

  test.each([
    ['listens', obedient],
    ['does not listen', stubborn],
  ])('gives back a job that %s when the grace period is over, and counts no attempt', async (_, slow) => {
    const store = `sqlite:${join(temporaryFolder(), 'jobs.db')}`
    const backbeat = await startApp({ shutdownGrace: '50ms' }, store)
    const handle = await backbeat.enqueue(slow, {})
    await started(handle)
    await backbeat.close()
    const client = await createAppFor(store).open()
    expect(await client.get(handle.id)).toMatchObject({ status: 'pending', attempt: 0, redeliveries: 0 })
    expect(await client.attempts(handle.id)).toMatchObject([{ outcome: 'released' }])
  })
})

function createAppFor(store: string) {
  const backbeat = createApp(store)
  onTestFinished(() => backbeat.close())
  return backbeat
}

describe('items in a thread', () => {
  test('are counted and recorded as in the worker itself', async () => {
    const file = join(temporaryFolder(), 'done')
    const backbeat = await startApp()
    const handle = await backbeat.enqueue(ledger, { file, count: 95 })
    expect(await handle.outcome()).toMatchObject({
      status: 'completed_with_warnings',
      items: { total: 95, processed: 95, successful: 86, failed: 9 },
    })
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(95)
  })
})
