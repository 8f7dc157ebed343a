import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Client, JobHandle, WorkerRecord, WorkerSettings } from '../src/index.ts'
import { createApp, echo, gated, obedient } from './fixtures/app.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The application with a worker that reports often, so that tests need not wait. */
async function startApp(worker: WorkerSettings = {}, store = 'sqlite::memory:') {
  const backbeat = createApp(store, { lease: '500ms', ...worker })
  onTestFinished(() => backbeat.close())
  await backbeat.startWorker()
  return { backbeat, client: await backbeat.open() }
}

/** The only worker, once it is as is wanted. */
async function workerThat(client: Client, isWanted: (worker: WorkerRecord) => boolean): Promise<WorkerRecord> {
  return vi.waitUntil(async () => (await client.workers()).find(isWanted), { timeout: 20_000, interval: 10 })
}

async function started(handle: JobHandle): Promise<void> {
  while ((await handle.get()).progressMessage !== 'started') await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a worker', () => {
  test('is listed with what it does while it lives, and gone once it has stopped', async () => {
    const gate = join(temporaryFolder(), 'gate')
    const { backbeat, client } = await startApp({ concurrency: 3, queues: ['default', 'mail'] })
    const handle = await backbeat.enqueue(gated, { gate })
    const worker = await workerThat(client, ({ running }) => running === 1)
    expect(worker).toMatchObject({
      pid: process.pid,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      queues: ['default', 'mail'],
      pool: 'threads',
      leaseMs: 500,
      state: 'running',
      slots: 3,
    })
    expect(worker.memoryBytes).toBeGreaterThan(10_000_000)
    expect((await handle.get()).worker).toBe(worker.name)
    writeFileSync(gate, '')
    await handle.outcome()
    await workerThat(client, ({ running }) => running === 0)
    await client.stopWorker(worker.name)
    await backbeat.workerStopped()
    expect(await client.workers()).toEqual([])
  })

  test('that is blocked goes on reporting, and says how long it has been', async () => {
    const file = join(temporaryFolder(), 'jobs.db')
    const { client } = await startApp({}, `sqlite:${file}`)
    const { heartbeatAt } = await workerThat(client, () => true)
    const database = new DatabaseSync(file)
    const lag = database.prepare('SELECT event_loop_lag_ms FROM backbeat_workers WHERE heartbeat_at > ?')
    // Blocks this event loop, which is the worker's, until the worker says that it is blocked.
    const giveUpAt = performance.now() + 20_000
    while (!(Number(lag.get(heartbeatAt)?.event_loop_lag_ms) > 50)) expect(performance.now()).toBeLessThan(giveUpAt)
    database.close()
  })

  test('that is quiet finishes what it has and takes nothing new until it is resumed', async () => {
    const gate = join(temporaryFolder(), 'gate')
    const { backbeat, client } = await startApp()
    const running = await backbeat.enqueue(gated, { gate })
    await started(running)
    const { name } = await workerThat(client, () => true)
    await client.quietWorker(name)
    await workerThat(client, ({ state }) => state === 'quiet')
    const waiting = await backbeat.enqueue(echo, { text: 'later' })
    writeFileSync(gate, '')
    expect((await running.outcome()).status).toBe('completed')
    expect((await waiting.get()).status).toBe('pending')
    await client.resumeWorker(name)
    expect((await waiting.outcome()).status).toBe('completed')
    await workerThat(client, ({ state }) => state === 'running')
  })

  test('that is stopped says so while its jobs end', async () => {
    const gate = join(temporaryFolder(), 'gate')
    const { backbeat, client } = await startApp()
    const running = await backbeat.enqueue(gated, { gate })
    await started(running)
    const { name } = await workerThat(client, () => true)
    await client.stopWorker(name)
    expect(await workerThat(client, ({ state }) => state === 'stopping')).toMatchObject({ running: 1 })
    writeFileSync(gate, '')
    expect((await running.outcome()).status).toBe('completed')
    await backbeat.workerStopped()
    expect(await client.workers()).toEqual([])
  })

  test('that is resized runs as many jobs at a time as it is told', async () => {
    const { backbeat, client } = await startApp({ concurrency: 1 })
    const first = await backbeat.enqueue(obedient, {})
    const second = await backbeat.enqueue(obedient, {})
    await started(first)
    const { name } = await workerThat(client, () => true)
    expect((await second.get()).status).toBe('pending')
    await client.resizeWorker(name, 2)
    await started(second)
    await workerThat(client, ({ slots, running }) => slots === 2 && running === 2)
    await client.resizeWorker(name, null)
    await workerThat(client, ({ slots }) => slots === 1)
    await Promise.all([first, second].map((handle) => handle.cancel()))
  })

  test('that an operator stopped leaves room for another', async () => {
    const { backbeat, client } = await startApp()
    const { name } = await workerThat(client, () => true)
    await client.stopWorker(name)
    await backbeat.workerStopped()
    const handle = await backbeat.enqueue(echo, { text: 'again' })
    await backbeat.startWorker()
    expect((await handle.outcome()).status).toBe('completed')
    expect((await workerThat(client, () => true)).name).not.toBe(name)
  })

  test('that is not there cannot be asked for anything', async () => {
    const { client } = await startApp()
    await expect(client.quietWorker('nobody')).rejects.toMatchObject({ code: 'unknown_worker', status: 404 })
    for (const slots of [0, -1, 1.5, 1e9]) {
      await expect(client.resizeWorker('nobody', slots)).rejects.toMatchObject({ code: 'invalid_option' })
    }
  })
})
