import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { Client } from '../../client/client.ts'
import type { EnqueueOptions } from '../../client/new-job.ts'
import type { Outcome } from '../../job/outcome.ts'
import { type TaskOptions, task } from '../../task/define.ts'
import { TaskRegistry } from '../../task/registry.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { type EndedAttempt, type Settled, Settler } from '../../worker/settler.ts'
import type { ClaimedJob } from '../store.ts'
import type { Suite } from './suite.conformance.ts'

const TEN_MINUTES = 600_000
const EMPTY = z.object({})

export function clocks(suite: Suite): void {
  const { claim, claimIds, start, job } = suite

  describe.each([
    ['ten minutes ahead', TEN_MINUTES],
    ['ten minutes behind', -TEN_MINUTES],
  ])("a machine whose clock is %s of the store's", (_, skewMs) => {
    const elsewhere = () => new ManualClock(suite.clock.now() + skewMs)

    /** Enqueues on that machine. */
    async function enqueue(options: EnqueueOptions, more: Partial<TaskOptions<typeof EMPTY, null>> = {}) {
      const late = task({ name: 'demo.late', input: EMPTY, run: () => null, ...more })
      const registry = new TaskRegistry()
      registry.add(late, 'this test')
      return (await new Client(suite.store, registry, elsewhere()).enqueue(late, {}, options)).get()
    }

    /** Records an outcome that was decided on that machine. */
    function settle({ jobId, delivery, ...claimed }: ClaimedJob, outcome: Outcome) {
      const settler = new Settler(suite.store, elsewhere(), (error) => expect.unreachable(String(error)))
      const ended: EndedAttempt = {
        ...claimed,
        lease: { jobId, delivery },
        failedItems: 0,
        cancelRequested: null,
        outcome,
        backoff: { firstMs: 15_000, maxMs: 15_000, factor: 1, jitter: false },
        notifyOn: [],
      }
      return new Promise<Settled>((settled) => settler.settle(ended, { settled }))
    }

    test('has its delay begin when the job is stored', async () => {
      const { id, runAt } = await enqueue({ delay: '5s' })
      expect(runAt).toBe(suite.clock.now() + 5000)
      expect(await claimIds()).toEqual([])
      suite.clock.advance('5s')
      expect(await claimIds()).toEqual([id])
    })

    test('has a burst end so long after its last job was stored', async () => {
      const { runAt } = await enqueue({}, { unique: { key: () => 'k', debounce: '5s' } })
      expect(runAt).toBe(suite.clock.now() + 5000)
    })

    test('means the same time as everybody else when it names one', async () => {
      const at = new Date(suite.clock.now() + 5000)
      expect((await enqueue({ runAt: at })).runAt).toBe(at.getTime())
    })

    test.each([
      ['it was stored', {}, 0],
      ['its delay was over', { delay: '5s' }, 5000],
      ['the time that was named', { runAt: new Date(Date.UTC(2027, 0, 1)) }, null],
    ] as const)('has a job expire so long after %s', async (_, options, delayMs) => {
      const { expiresAt, runAt } = await enqueue({ ...options, expires: '1m' })
      expect(expiresAt).toBe((delayMs === null ? runAt : suite.clock.now() + delayMs) + 60_000)
    })

    test.each([
      ['retried', { kind: 'failure', transient: true, error: { type: 'Error', message: 'no', at: 1 } }, 'retrying'],
      ['snoozed', { kind: 'snoozed', delayMs: 15_000 }, 'pending'],
    ] as const)('has a job that is %s wait from when that is written', async (_, outcome, status) => {
      const claimed = await start({ maxAttempts: 2 })
      await settle(claimed, outcome)
      expect(await job(claimed.jobId)).toMatchObject({ status, runAt: suite.clock.now() + 15_000 })
      expect(await claimIds()).toEqual([])
      suite.clock.advance('15s')
      expect(await claim()).toMatchObject([{ jobId: claimed.jobId, delivery: 2 }])
    })

    test.each([
      ['released', { kind: 'released', reason: 'shutdown' }],
      ['lost', { kind: 'lost', reason: 'gone' }],
    ] as const)('gives a job that it %s back at once', async (_, outcome) => {
      const claimed = await start({ maxRedeliveries: 1 })
      await settle(claimed, outcome)
      expect(await claim()).toMatchObject([{ jobId: claimed.jobId, delivery: 2 }])
    })

    test("ends a job at the store's time", async () => {
      const claimed = await start()
      suite.clock.advance('1s')
      await settle(claimed, { kind: 'success', result: null, warnings: [] })
      expect(await job(claimed.jobId)).toMatchObject({ status: 'completed', completedAt: suite.clock.now() })
    })
  })
}
