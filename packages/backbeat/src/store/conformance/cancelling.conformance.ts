import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import { anError, changesTo, LEASE_MS, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function cancelling(suite: Suite): void {
  const { add, claim, start, settle, job } = suite

  describe('cancelling', () => {
    test('a job that waits is cancelled at once, and is not run', async () => {
      const [due, delayed] = [await add(), await add({ runAt: suite.clock.now() + 1000 })]
      suite.clock.advance(10)
      for (const id of [due, delayed]) {
        expect(await suite.store.requestCancel(id, 'no longer wanted')).toBe('cancelled')
        expect(await job(id)).toMatchObject({
          status: 'cancelled',
          cancelReason: 'no longer wanted',
          completedAt: suite.clock.now(),
        })
        expect(await suite.store.attempts(id)).toEqual([])
      }
      suite.clock.advance('1h')
      expect(await suite.store.claim({ worker: 'w', limit: 5, queues: null, leaseMs: 1 })).toEqual({
        jobs: [],
        nextDueAt: null,
      })
    })

    test('a job that will be retried is cancelled at once, with its attempts on record', async () => {
      const started = await start({ uniqueKey: 'nord' })
      await settle(started, { status: 'retrying', attemptOutcome: 'failed', delayMs: 1000, error: anError('busy') })
      expect(await suite.store.requestCancel(started.jobId, 'enough')).toBe('cancelled')
      expect(await suite.store.attempts(started.jobId)).toMatchObject([{ outcome: 'failed' }])
      expect(await job(started.jobId)).toMatchObject({ status: 'cancelled', errors: [{ message: 'busy' }] })
      await add({ uniqueKey: 'nord' })
    })

    test('a running job is asked to stop, the first reason counts, and its worker is told', async () => {
      const started = await start()
      expect(await suite.store.requestCancel(started.jobId, 'first')).toBe('requested')
      const askedAt = suite.clock.now()
      suite.clock.advance(10)
      expect(await suite.store.requestCancel(started.jobId, 'second')).toBe('requested')
      expect(await job(started.jobId)).toMatchObject({
        status: 'running',
        cancelRequestedAt: askedAt,
        cancelReason: 'first',
      })
      expect(await suite.store.renew([leaseOf(started)], LEASE_MS)).toEqual({
        lost: [],
        cancelled: [{ ...leaseOf(started), reason: 'first' }],
      })
    })

    test.each(['completed', 'retrying', 'failed', 'pending'] as const)(
      'an outcome (%s) decided without knowing of the request is to be decided again',
      async (status) => {
        const started = await start()
        await suite.store.requestCancel(started.jobId, 'order withdrawn')
        const before = await job(started.jobId)
        const changes = { status, error: anError('x'), warnings: ['w'] }
        expect(await settle(started, changes)).toEqual({ kind: 'undecided', cancelRequested: 'order withdrawn' })
        expect(await job(started.jobId)).toEqual(before)
        expect(await suite.store.attempts(started.jobId)).toMatchObject([{ outcome: 'running' }])
        expect(await settle(started, changes, true)).toEqual({ kind: 'written' })
        expect((await job(started.jobId)).status).toBe(status)
      },
    )

    test('one undecided outcome does not hold up the others', async () => {
      for (let count = 0; count < 3; count++) await add()
      const jobs = await claim()
      await suite.store.requestCancel(jobs[1]?.jobId as string, 'stop')
      const settlements = jobs.map((each) => ({
        lease: leaseOf(each),
        knewOfCancel: false,
        changes: changesTo({ status: 'completed' }),
      }))
      expect((await suite.store.settle(settlements)).map(({ kind }) => kind)).toEqual([
        'written',
        'undecided',
        'written',
      ])
    })

    test('what is over stays as it is, and what never was is unknown', async () => {
      for (const status of ['completed', 'failed', 'stuck', 'cancelled'] as const) {
        const started = await start()
        await settle(started, { status, cancelReason: status === 'cancelled' ? 'earlier' : null })
        const before = await job(started.jobId)
        expect(await suite.store.requestCancel(started.jobId, 'too late')).toBe('resting')
        expect(await job(started.jobId)).toEqual(before)
      }
      expect(await suite.store.requestCancel(v7(), 'x')).toBe('unknown')
    })
  })
}
