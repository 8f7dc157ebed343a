import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Client, Job } from '../src/index.ts'
import { openStore } from '../src/open-store.ts'
import { createApp, echo, gated, gatedOnce, ledger, single } from './fixtures/app.ts'

const LEASE = '500ms'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function startWorkerProcess(store: string): Promise<ChildProcess> {
  const child = fork(new URL('./fixtures/worker-process.ts', import.meta.url), [store, LEASE])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** A client of the same store that runs no job itself. */
async function openClient(store: string) {
  const backbeat = createApp(store)
  onTestFinished(() => backbeat.close())
  return { backbeat, client: await backbeat.open() }
}

async function until(client: Client, id: string, holds: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await client.get(id)
    if (holds(job)) return job
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('a worker process that is killed in mid-job', () => {
  test('leaves a job that another one goes on with, from the items that are not done', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const file = join(folder, 'done')
    const { backbeat, client } = await openClient(store)
    const first = await startWorkerProcess(store)
    const handle = await backbeat.enqueue(ledger, { file, count: 95, pauseAt: 57 })
    await until(client, handle.id, ({ items }) => items.processed >= 50)

    first.kill('SIGKILL')
    await once(first, 'exit')
    expect(await handle.get()).toMatchObject({ status: 'running', items: { processed: 50 } })
    await startWorkerProcess(store)

    expect(await handle.outcome()).toMatchObject({
      status: 'completed_with_warnings',
      attempt: 1,
      redeliveries: 1,
      progressPercent: 100,
      items: { total: 95, processed: 95, successful: 86, failed: 9 },
    })
    const attempts = await client.attempts(handle.id)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
    expect(new Set(attempts.map(({ worker }) => worker)).size).toBe(2)
    // Only what had been done but not recorded is done again: less than a batch.
    const done = readFileSync(file, 'utf8').trim().split('\n').map(Number)
    expect(new Set(done).size).toBe(95)
    expect(done.length).toBeLessThanOrEqual(95 + 10)
  })
})

describe('a worker process that is killed while jobs wait for its slots', () => {
  test('has not taken those that may not be run twice, so that none of them is stuck', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const { backbeat, client } = await openClient(store)
    const first = await startWorkerProcess(store)
    // So many quick jobs that it goes on to claim more than it has slots for.
    const quick = await backbeat.enqueueMany(
      echo,
      Array.from({ length: 200 }, () => ({ text: 'quick' })),
    )
    for (const handle of quick) await handle.outcome()

    const gate = join(folder, 'gate')
    const slots = Array.from({ length: 10 }, () => ({ gate }))
    const long = await backbeat.enqueueMany(gated, slots, { priority: 1 })
    const waiting = await backbeat.enqueueMany(
      single,
      Array.from({ length: 50 }, () => ({})),
    )
    for (const { id } of long) await until(client, id, ({ progressMessage }) => progressMessage === 'started')
    first.kill('SIGKILL')
    await once(first, 'exit')

    writeFileSync(gate, '')
    await startWorkerProcess(store)
    for (const handle of [...waiting, ...long]) expect(await handle.outcome()).toMatchObject({ status: 'completed' })
  })
})

describe('a worker process that is killed in mid-job, whose task may not be run twice', () => {
  test('leaves a job that is stuck, of which people are told once, whoever looks for it', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const { backbeat, client } = await openClient(store)
    const first = await startWorkerProcess(store)
    const handle = await backbeat.enqueue(gatedOnce, { gate: join(folder, 'gate') }, { triggeredBy: 'manual:ana' })
    await until(client, handle.id, ({ progressMessage }) => progressMessage === 'started')
    first.kill('SIGKILL')
    await once(first, 'exit')

    await Promise.all([startWorkerProcess(store), startWorkerProcess(store)])
    expect(await handle.outcome()).toMatchObject({ status: 'stuck', errorType: 'WorkerLostError' })
    const reading = await openStore(store)
    onTestFinished(() => reading.close())
    const ana = { name: 'manual:ana', scope: null }
    const { entries } = await reading.notifications.list(ana, {}, { limit: 10 })
    expect(entries).toMatchObject([
      { status: 'stuck', taskType: 'demo.gated_once', count: 1, lastJobId: handle.id, yours: { count: 1 } },
    ])
  })
})

describe('a worker process that is paused past its lease and continued', () => {
  test('has its outcome refused: the job is recorded once, by who took it over', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const gate = join(folder, 'gate')
    const { backbeat, client } = await openClient(store)
    const paused = await startWorkerProcess(store)
    const handle = await backbeat.enqueue(gated, { gate })
    const held = await until(client, handle.id, ({ progressMessage }) => progressMessage === 'started')

    paused.kill('SIGSTOP')
    await startWorkerProcess(store)
    const taken = await until(client, handle.id, ({ status, worker }) => status === 'running' && worker !== held.worker)
    paused.kill('SIGCONT')
    // The one that was paused meets a free gate and ends, but the job is no longer its own.
    writeFileSync(gate, '')

    const job = await handle.outcome()
    expect(job).toMatchObject({ status: 'completed', redeliveries: 1, worker: taken.worker })
    const exited = once(paused, 'exit')
    paused.kill('SIGTERM')
    await exited
    expect(await handle.get()).toEqual(job)
    expect((await client.attempts(handle.id)).map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
  })
})

describe('a worker process that is asked to stop', () => {
  test('finishes the job that can be finished, and exits', async () => {
    const folder = temporaryFolder()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const gate = join(folder, 'gate')
    const { backbeat, client } = await openClient(store)
    const leaving = await startWorkerProcess(store)
    const handle = await backbeat.enqueue(gated, { gate })
    await until(client, handle.id, ({ progressMessage }) => progressMessage === 'started')
    const exited = once(leaving, 'exit')
    leaving.kill('SIGTERM')
    writeFileSync(gate, '')
    expect(await exited).toEqual([0, null])
    expect(await handle.get()).toMatchObject({ status: 'completed', redeliveries: 0 })
  })
})
