import { describe, expect, test } from 'vitest'
import type { Lease } from '../../job/assignment.ts'
import type { ClaimedJob } from '../store.ts'
import { anError, anItem, batch, changesTo, LEASE_MS, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function leases(suite: Suite): void {
  const { add, claim, start, settle } = suite

  describe('leases', () => {
    test('a job whose lease ran out is found, with what deciding needs', async () => {
      const started = await start({ maxAttempts: 3, maxRedeliveries: 2 })
      await suite.store.recordItems(leaseOf(started), batch([anItem('a', 0, anError('bad'))], { total: 2 }))
      suite.clock.advance(LEASE_MS)
      expect(await suite.store.findExpired(10, [])).toEqual([])
      suite.clock.advance(1)
      await suite.store.requestCancel(started.jobId, 'stop')
      expect(await suite.store.findExpired(10, [])).toEqual([
        {
          ...leaseOf(started),
          taskType: 'demo.echo',
          worker: 'w1',
          attempt: 1,
          maxAttempts: 3,
          redeliveries: 0,
          maxRedeliveries: 2,
          failedItems: 1,
          cancelRequested: 'stop',
        },
      ])
    })

    test('a renewed lease has not run out', async () => {
      const started = await start()
      suite.clock.advance('20s')
      expect(await suite.store.renew([leaseOf(started)], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
      suite.clock.advance('20s')
      expect(await suite.store.findExpired(10, [])).toEqual([])
      suite.clock.advance('11s')
      expect(await suite.store.findExpired(10, [])).toMatchObject([{ ...leaseOf(started), cancelRequested: null }])
    })

    test('a lease that ran out but was not taken is still renewed', async () => {
      const started = await start()
      suite.clock.advance('1h')
      expect(await suite.store.renew([leaseOf(started)], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
      expect(await suite.store.findExpired(10, [])).toEqual([])
    })

    test('those that are held are left out, those of an earlier delivery are not, and the limit is kept', async () => {
      for (let count = 0; count < 4; count++) await add()
      const jobs = (await claim()).map(leaseOf)
      suite.clock.advance('1h')
      const held = [jobs[0] as Lease, { jobId: (jobs[1] as Lease).jobId, delivery: 7 }]
      const found = await suite.store.findExpired(10, held)
      expect(new Set(found.map(({ jobId }) => jobId))).toEqual(new Set(jobs.slice(1).map(({ jobId }) => jobId)))
      expect(await suite.store.findExpired(2, held)).toHaveLength(2)
    })

    test('an outcome that is only for a lease that ran out is refused while it lasts', async () => {
      const started = await start({ maxRedeliveries: 1 })
      const lost = { status: 'pending' as const, attemptOutcome: 'lost' as const, attempt: 0, redeliveries: 1 }
      const settleIfExpired = () =>
        suite.store.settle([
          {
            lease: leaseOf(started),
            knewOfCancel: false,
            onlyIfExpired: true,
            changes: changesTo(lost),
          },
        ])
      suite.clock.advance(LEASE_MS + 1)
      await suite.store.renew([leaseOf(started)], LEASE_MS)
      expect(await settleIfExpired()).toEqual([{ kind: 'refused' }])
      await suite.store.requestCancel(started.jobId, 'stop')
      suite.clock.advance(LEASE_MS)
      expect(await settleIfExpired()).toEqual([{ kind: 'refused' }])
      expect(await suite.store.attempts(started.jobId)).toMatchObject([{ outcome: 'running' }])
      suite.clock.advance(1)
      expect(await settleIfExpired()).toEqual([{ kind: 'undecided', cancelRequested: 'stop' }])
      const changes = changesTo({ status: 'stuck', attemptOutcome: 'lost' })
      const settlement = { lease: leaseOf(started), knewOfCancel: true, onlyIfExpired: true, changes }
      expect(await suite.store.settle([settlement])).toEqual([{ kind: 'written' }])
    })

    test('only running jobs run out', async () => {
      await add()
      const started = (await claim())[0] as ClaimedJob
      await settle(started, { status: 'completed' })
      await add()
      suite.clock.advance('1h')
      expect(await suite.store.findExpired(10, [])).toEqual([])
    })
  })
}
