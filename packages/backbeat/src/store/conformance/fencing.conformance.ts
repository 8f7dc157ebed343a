import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../clock.ts'
import { BackbeatError } from '../../errors.ts'
import type { Lease } from '../../job/assignment.ts'
import type { Status } from '../../job/states.ts'
import type { Changes } from '../../job/transition.ts'
import { type EndedAttempt, type Settled, Settler } from '../../worker/settler.ts'
import type { ClaimedJob, Settlement, Store } from '../store.ts'
import { aLine, anError, anItem, batch, changesTo, LEASE_MS, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function fencing(suite: Suite): void {
  const { claim, start, settle, job } = suite

  describe('fencing', () => {
    /** A job that its first worker lost and a second one runs. */
    async function takenOver() {
      const lost = await start({ maxRedeliveries: 1 })
      await settle(lost, { status: 'pending', attemptOutcome: 'lost', attempt: 0, redeliveries: 1 })
      const [current] = await claim({ worker: 'w2' })
      return { lost: leaseOf(lost), current: leaseOf(current as ClaimedJob) }
    }

    test('each claim raises the delivery, and the attempt counts on from what was settled', async () => {
      const { lost, current } = await takenOver()
      expect([lost.delivery, current.delivery]).toEqual([1, 2])
      expect(await job(current.jobId)).toMatchObject({ attempt: 1, redeliveries: 1, worker: 'w2', status: 'running' })
    })

    test('an outcome from a worker that lost the job is refused', async () => {
      const { lost, current } = await takenOver()
      const before = await job(lost.jobId)
      expect(await settle(lost, { status: 'completed', result: 'stale' })).toEqual({ kind: 'refused' })
      expect(await settle(lost, { status: 'retrying' })).toEqual({ kind: 'refused' })
      expect(await settle(lost, { status: 'failed', error: anError('stale') })).toEqual({ kind: 'refused' })
      expect(await job(lost.jobId)).toEqual(before)
      expect(await settle(current, { status: 'completed', result: 'fresh' })).toEqual({ kind: 'written' })
      expect((await job(lost.jobId)).result).toBe('fresh')
    })

    test('a heartbeat from a worker that lost the job is refused', async () => {
      const { lost, current } = await takenOver()
      suite.clock.advance('5s')
      expect(await suite.store.renew([lost, current], LEASE_MS)).toEqual({ lost: [lost], cancelled: [] })
      expect((await job(lost.jobId)).heartbeatAt).toBe(suite.clock.now())
    })

    test('progress and log lines from a worker that lost the job are refused', async () => {
      const { lost, current } = await takenOver()
      const report = { progress: { percent: 50, message: 'half', meta: null }, logs: [aLine('one')] }
      expect(
        await suite.store.report([
          { lease: lost, report: { ...report, progress: { ...report.progress, percent: 99 } } },
          { lease: lost, report: { logs: [aLine('stale')] } },
          { lease: current, report },
        ]),
      ).toEqual([lost, lost])
      expect((await job(lost.jobId)).progressPercent).toBe(50)
      const { entries } = await suite.store.logs(lost.jobId, { limit: 10 })
      expect(entries.map(({ message }) => message)).toEqual(['one'])
    })

    test('items from a worker that lost the job are refused', async () => {
      const { lost, current } = await takenOver()
      expect(await suite.store.recordItems(lost, batch([anItem('a', 0)], { total: 1 }))).toBe(false)
      expect((await suite.store.items(lost.jobId, {}, { limit: 10 })).entries).toEqual([])
      expect((await job(lost.jobId)).items.processed).toBe(0)
      expect(await suite.store.recordItems(current, batch([anItem('a', 0)], { total: 1 }))).toBe(true)
    })

    test('an attempt has one outcome: the second is refused, also within one call', async () => {
      const lease = await start()
      const settlement = (result: string) => ({
        lease: leaseOf(lease),
        knewOfCancel: false,
        changes: changesTo({ status: 'completed', result }),
      })
      expect(await suite.store.settle([settlement('first'), settlement('second')])).toEqual([
        { kind: 'written' },
        { kind: 'refused' },
      ])
      expect((await job(lease.jobId)).result).toBe('first')
    })

    test.each([
      ['ends its job', { status: 'completed', result: 'done' }],
      ['is to be repeated', { status: 'retrying', attemptOutcome: 'failed', delayMs: 1000 }],
      ['gives its job back', { status: 'pending', attemptOutcome: 'released', attempt: 0 }],
    ] as const)(
      'an outcome that %s is told again, its answer lost: it is written once, and not refused',
      async (_, changes) => {
        const lease = leaseOf(await start({ maxAttempts: 3 }))
        const settlement = { lease, knewOfCancel: false, changes: changesTo(changes) }
        expect(await suite.store.settle([settlement])).toEqual([{ kind: 'written' }])
        const before = await job(lease.jobId)
        const again = { ...settlement, triedBefore: true }
        expect(await suite.store.settle([again])).toEqual([{ kind: 'written' }])
        expect(await job(lease.jobId)).toEqual(before)
        expect(await suite.store.attempts(lease.jobId)).toHaveLength(1)
        // Also when somebody else has the job by now.
        suite.clock.advance('1s')
        await claim({ worker: 'w2' })
        expect(await suite.store.settle([again])).toEqual([{ kind: 'written' }])
        expect(await suite.store.settle([settlement])).toEqual([{ kind: 'refused' }])
      },
    )

    test('an outcome that is told again is refused where another one was written', async () => {
      const { lost, current } = await takenOver()
      const tellAgain = (lease: Lease, changes: Partial<Changes> & { status: Status }) =>
        suite.store.settle([{ lease, knewOfCancel: false, changes: changesTo(changes), triedBefore: true }])
      expect(await tellAgain(lost, { status: 'completed' })).toEqual([{ kind: 'refused' }])
      expect(await tellAgain(lost, { status: 'retrying', attemptOutcome: 'failed' })).toEqual([{ kind: 'refused' }])
      await settle(current, { status: 'failed', attemptOutcome: 'failed' })
      expect(await tellAgain(current, { status: 'completed' })).toEqual([{ kind: 'refused' }])
      expect(await tellAgain(lost, { status: 'failed', attemptOutcome: 'failed' })).toEqual([{ kind: 'refused' }])
    })

    test('a worker whose answer is lost asks again, and takes its outcome as written', async () => {
      const { jobId, delivery, ...claimed } = await start()
      let calls = 0
      const lossy = Object.create(suite.store, {
        settle: {
          async value(settlements: readonly Settlement[]) {
            const results = await suite.store.settle(settlements)
            calls += 1
            if (calls === 1) throw new BackbeatError('store_unavailable', 'The connection was lost')
            return results
          },
        },
      }) as Store
      const settler = new Settler(lossy, systemClock, () => {})
      const ended: EndedAttempt = {
        ...claimed,
        lease: { jobId, delivery },
        failedItems: 0,
        cancelRequested: null,
        outcome: { kind: 'failure', error: anError('broken'), transient: false },
        backoff: { firstMs: 0, maxMs: 0, factor: 1, jitter: false },
        notifyOn: ['failed'],
      }
      const settled = await new Promise<Settled>((resolve) => settler.settle(ended, { settled: resolve }))
      expect(settled).toMatchObject({ status: 'failed' })
      expect(calls).toBe(2)
      const { entries } = await suite.store.notifications.list({ name: 'ana', scope: null }, {}, { limit: 5 })
      expect(entries.map(({ count }) => count)).toEqual([1])
    })

    test('a job that rests or never was refuses every write', async () => {
      const rested = await start()
      await settle(rested, { status: 'completed' })
      for (const lease of [leaseOf(rested), { jobId: v7(), delivery: 1 }]) {
        expect(await settle(lease, { status: 'failed' })).toEqual({ kind: 'refused' })
        expect(await suite.store.renew([lease], LEASE_MS)).toEqual({ lost: [lease], cancelled: [] })
        expect(await suite.store.report([{ lease, report: { logs: [aLine('x')] } }])).toEqual([lease])
        expect(await suite.store.recordItems(lease, batch([anItem('a', 0)], { total: 1 }))).toBe(false)
      }
    })

    test('no writes are no work', async () => {
      expect(await suite.store.settle([])).toEqual([])
      expect(await suite.store.renew([], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
      expect(await suite.store.report([])).toEqual([])
    })
  })
}
