import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as z from 'zod'
import { systemClock } from '../src/clock.ts'
import { openStore } from '../src/open-store.ts'
import { InlinePool } from '../src/pool/inline.ts'
import { Vault } from '../src/redaction/vault.ts'
import { newJob } from '../src/store/conformance/fixtures.conformance.ts'
import type { Resources } from '../src/task/context.ts'
import { task } from '../src/task/define.ts'
import { TaskRegistry } from '../src/task/registry.ts'
import { LoopHeartbeat } from '../src/worker/heartbeat.ts'
import { JobRunner } from '../src/worker/job-runner.ts'
import { Settler } from '../src/worker/settler.ts'
import { noStats } from '../src/worker/stats.ts'
import { Worker } from '../src/worker/worker.ts'

const LEASE_MS = 30_000
const GRACE_MS = 20

/** A worker of a task that never ends by itself. */
async function startWorker() {
  const endless = task({ name: 'demo.endless', input: z.object({}), run: () => new Promise<null>(() => {}) })
  const registry = new TaskRegistry()
  registry.add(endless, 'here')
  const store = await openStore('sqlite::memory:')
  onTestFinished(() => store.close())
  await store.migrate()
  const [clock, logger, stats] = [systemClock, pino({ level: 'silent' }), noStats()]
  const beginAttempt = () => store.beginAttempt()
  const pool = new InlinePool(async () => ({
    registry,
    resources: {} as Resources,
    clock,
    vault: new Vault(() => []),
    beginAttempt,
  }))
  await pool.start()
  const heartbeat = new LoopHeartbeat({ store, clock, leaseMs: LEASE_MS, intervalMs: LEASE_MS, onError: () => {} })
  const settler = new Settler(store, clock, () => {})
  const grace = { cancelMs: GRACE_MS, shutdownMs: GRACE_MS }
  const runner = new JobRunner({ store, registry, pool, heartbeat, settler, clock, logger, grace, stats })
  const options = { name: 'w', concurrency: 1, queues: null, leaseMs: LEASE_MS, pollMs: 60_000 }
  const worker = new Worker({ store, runner, clock, logger, stats }, options)
  worker.start()
  return { store, worker }
}

test('a worker that leaves gives back what is handed to it when its grace is over', async () => {
  const { store, worker } = await startWorker()
  const job = newJob({ taskType: 'demo.endless' })
  const reservation = await vi.waitUntil(() => worker.reserve([job]))
  expect(await worker.drain(GRACE_MS)).toBe(false)
  const released = worker.release()
  reservation.take(await store.insertClaimed([job], reservation))
  await released
  expect(await store.get(job.id)).toMatchObject({ status: 'pending', attempt: 0, worker: null })
})
