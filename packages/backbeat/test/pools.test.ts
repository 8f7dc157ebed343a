import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBackbeat, type JobHandle, type WorkerSettings } from '../src/index.ts'
import { apart, busyLoop, createApp, echo, gated, inline, overflow, survivor, uncaught, usual } from './fixtures/app.ts'

const HERE = `${process.pid}:${threadId}`

async function startApp(worker: WorkerSettings) {
  const backbeat = createApp('sqlite::memory:', worker)
  onTestFinished(() => backbeat.close())
  await backbeat.startWorker()
  return backbeat
}

function temporaryGate(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'gate')
}

async function started(handle: JobHandle): Promise<void> {
  while ((await handle.get()).progressMessage !== 'started') await new Promise((resolve) => setTimeout(resolve, 5))
}

const pidOf = (where: unknown) => Number(String(where).split(':')[0])

describe('a task runs', () => {
  test.each([
    ['threads', process.pid],
    ['inline', process.pid],
  ] as const)('where the worker says: %s', async (pool, pid) => {
    const backbeat = await startApp({ pool })
    const { result } = await (await backbeat.enqueue(usual, {})).outcome()
    expect(pidOf(result)).toBe(pid)
    expect(result === HERE).toBe(pool === 'inline')
  })

  test('where the worker says: processes', async () => {
    const backbeat = await startApp({ pool: 'processes' })
    const { result } = await (await backbeat.enqueue(usual, {})).outcome()
    expect(pidOf(result)).not.toBe(process.pid)
  })

  test('where it says itself, beside others', async () => {
    const backbeat = await startApp({ pool: 'threads' })
    const handles = [
      await backbeat.enqueue(inline, {}),
      await backbeat.enqueue(apart, {}),
      await backbeat.enqueue(usual, {}),
    ]
    const [here, elsewhere, thread] = await Promise.all(handles.map(async (handle) => (await handle.outcome()).result))
    expect(here).toBe(HERE)
    expect(pidOf(elsewhere)).not.toBe(process.pid)
    expect(pidOf(thread)).toBe(process.pid)
    expect(thread).not.toBe(HERE)
  })
})

describe('a worker of an application without a module', () => {
  test.each(['threads', 'processes'] as const)('is refused %s', async (pool) => {
    const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [usual], worker: { pool } })
    onTestFinished(() => backbeat.close())
    await expect(backbeat.startWorker()).rejects.toMatchObject({
      code: 'pool_needs_module',
      message: expect.stringContaining('import.meta.url'),
    })
  })

  test('is refused a task that needs one, by its name', async () => {
    const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [apart] })
    onTestFinished(() => backbeat.close())
    await expect(backbeat.startWorker()).rejects.toThrow('demo.apart')
  })
})

test.each([
  [{ pool: 'fibers' as 'threads' }, 'pool'],
  [{ concurrency: 0 }, 'concurrency'],
  [{ jobsPerExecutor: 1.5 }, 'jobsPerExecutor'],
  [{ queues: [] }, 'queues'],
  [{ recycle: { jobs: 0 } }, 'recycle.jobs'],
  [{ recycle: { memory: '5' as '5mb' } }, 'recycle.memory'],
])('a worker is refused settings that cannot work: %j', async (worker, named) => {
  const backbeat = createApp('sqlite::memory:', worker)
  onTestFinished(() => backbeat.close())
  await expect(backbeat.startWorker()).rejects.toThrow(named)
})

describe.each(['threads', 'processes'] as const)('jobs that share an executor of %s', (pool) => {
  test('are redelivered, and it is not counted, when one of them is ended at its hard limit', async () => {
    const gate = temporaryGate()
    const backbeat = await startApp({ pool, concurrency: 2, jobsPerExecutor: 2 })
    const neighbour = await backbeat.enqueue(gated, { gate })
    await started(neighbour)
    const looping = await backbeat.enqueue(busyLoop, {})
    expect(await looping.outcome()).toMatchObject({ status: 'failed', errorType: 'HardTimeLimitError' })
    writeFileSync(gate, '')
    expect(await neighbour.outcome()).toMatchObject({ status: 'completed', attempt: 1, redeliveries: 0, errors: [] })
    const client = await backbeat.open()
    expect((await client.attempts(neighbour.id)).map(({ outcome }) => outcome)).toEqual(['released', 'completed'])
  })

  test('are redelivered, and it is not counted, when one of them crashes', async () => {
    const gate = temporaryGate()
    const backbeat = await startApp({ pool, concurrency: 2, jobsPerExecutor: 2 })
    const neighbour = await backbeat.enqueue(gated, { gate })
    await started(neighbour)
    const crashing = await backbeat.enqueue(uncaught, {})
    expect(await crashing.outcome()).toMatchObject({ status: 'failed', errorMessage: 'nobody caught this' })
    writeFileSync(gate, '')
    expect(await neighbour.outcome()).toMatchObject({ status: 'completed', attempt: 1, redeliveries: 0, errors: [] })
  })
})

describe('a job that ends what runs it', () => {
  test('by running out of memory becomes stuck, and its worker goes on', async () => {
    const backbeat = await startApp({ pool: 'processes', maxHeap: '48mb' })
    const pill = await backbeat.enqueue(overflow, {})
    expect(await pill.outcome()).toMatchObject({ status: 'stuck', redeliveries: 1 })
    const next = await backbeat.enqueue(echo, { text: 'next' })
    expect(await next.outcome()).toMatchObject({ status: 'completed' })
  })

  test('has a process of its own after its second loss', async () => {
    const backbeat = await startApp({ pool: 'threads' })
    const { status, result } = await (await backbeat.enqueue(survivor, {})).outcome()
    expect(status).toBe('completed')
    expect(pidOf(result)).not.toBe(process.pid)
  })
})
