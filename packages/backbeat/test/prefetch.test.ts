import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Backbeat, JobHandle } from '../src/index.ts'
import { createApp, echo, gated } from './fixtures/app.ts'

/** Two applications on one store, each with one slot. */
async function twoApps() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const store = `sqlite:${join(folder, 'jobs.db')}`
  const [one, other] = [createApp(store, { concurrency: 1 }), createApp(store, { concurrency: 1 })]
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()])
    rmSync(folder, { recursive: true, force: true })
  })
  return { one, other, gate: join(folder, 'gate') }
}

/** Lets a worker learn that its jobs are quick, so that it claims many at a time. */
async function warmUp(backbeat: Backbeat): Promise<void> {
  await Promise.all((await enqueueEchoes(backbeat, 100)).map((handle) => handle.outcome()))
}

function enqueueEchoes(backbeat: Backbeat, count: number): Promise<JobHandle[]> {
  return backbeat.enqueueMany(
    echo,
    Array.from({ length: count }, () => ({ text: 'quick' })),
  )
}

async function started(handle: JobHandle): Promise<void> {
  while ((await handle.get()).progressMessage !== 'started') await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('jobs that a worker keeps ready', () => {
  test('are given back when no slot becomes free, and are run by another', async () => {
    const { one, other, gate } = await twoApps()
    await one.startWorker()
    await warmUp(one)
    const long = await one.enqueue(gated, { gate }, { priority: 1 })
    const quick = await enqueueEchoes(one, 100)
    await started(long)
    await other.startWorker()
    for (const handle of quick)
      expect(await handle.outcome()).toMatchObject({ status: 'completed', attempt: 1, redeliveries: 0 })
    expect((await long.get()).status).toBe('running')
    const client = await one.open()
    expect(await client.attempts((quick[0] as JobHandle).id)).toHaveLength(1)
    writeFileSync(gate, '')
    expect(await long.outcome()).toMatchObject({ status: 'completed' })
  })

  test('are cancelled without being run', async () => {
    const { one, gate } = await twoApps()
    await one.startWorker()
    await warmUp(one)
    const long = await one.enqueue(gated, { gate }, { priority: 1 })
    const quick = await enqueueEchoes(one, 100)
    await started(long)
    for (const handle of quick) await handle.cancel('not wanted')
    for (const handle of quick) expect(await handle.outcome()).toMatchObject({ status: 'cancelled', result: null })
    writeFileSync(gate, '')
    expect(await long.outcome()).toMatchObject({ status: 'completed' })
  })

  test('are left to others when their worker stops', async () => {
    const { one, other, gate } = await twoApps()
    await one.startWorker()
    await warmUp(one)
    const long = await one.enqueue(gated, { gate }, { priority: 1 })
    const quick = await enqueueEchoes(one, 100)
    await started(long)
    const closed = one.close()
    writeFileSync(gate, '')
    await closed
    await other.startWorker()
    const client = await other.open()
    for (const { id, taskType } of quick) {
      expect(await client.handle({ id, taskType }).outcome()).toMatchObject({ status: 'completed', redeliveries: 0 })
    }
  })
})
