import { describe, expect, test, vi } from 'vitest'
import type { Lease } from '../../job/assignment.ts'
import type { ClaimedJob, ClaimRequest, NewJob, Store } from '../store.ts'
import { aLine, anError, anItem, batch, changesTo, LEASE_MS, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

/** Whoever settles may have the lease that was claimed, or only know what it says. */
const LEASES: [string, (job: ClaimedJob) => Lease][] = [
  ['the lease that was claimed', (job) => job],
  ['a copy of the lease', leaseOf],
]

/** A store may keep for itself, for a moment, who claimed jobs that are quick. Nothing else may tell that they are. */
export function quickJobs(suite: Suite): void {
  const { add, job, claim } = suite
  const claimQuick = (request: Partial<ClaimRequest> = {}) => claim({ areQuick: true, ...request })

  async function startQuick(overrides: Partial<NewJob> = {}): Promise<ClaimedJob> {
    const id = await add(overrides)
    const [claimed] = await claimQuick()
    expect(claimed?.jobId).toBe(id)
    return claimed as ClaimedJob
  }

  const settlement = (lease: Lease, changes: Parameters<typeof changesTo>[0]) => ({
    lease,
    knewOfCancel: false,
    changes: changesTo(changes),
  })

  describe('jobs that are expected to be quick', () => {
    test.each([
      ['nothing of their own', {}],
      ['a priority', { priority: 3 }],
      ['tags', { tags: ['x=1'] }],
      ['a unique key', { uniqueKey: 'k' }],
      ['a tenant', { tenant: 'nord' }],
      ['a time until which they may start', { expiresAt: 4102444800000 }],
      ['items', { totalItems: 3 }],
    ])('with %s are handed over and recorded like any other', async (_, overrides: Partial<NewJob>) => {
      const usual = await add(overrides)
      const [first] = await claim()
      suite.clock.advance('1s')
      await suite.store.settle([settlement(first as ClaimedJob, { status: 'completed', result: 7 })])
      const quick = await add(overrides)
      const [second] = await claimQuick()
      const { startedAt, ...told } = second as ClaimedJob
      expect(startedAt).toBe(suite.clock.now())
      expect({ ...told, startedAt: first?.startedAt, jobId: usual }).toMatchObject({ ...first })
      suite.clock.advance('1s')
      await suite.store.settle([settlement(second as ClaimedJob, { status: 'completed', result: 7 })])
      const [one, other] = [await job(usual), await job(quick)]
      const later = (at: number | null) => at && at + 1000
      expect(other).toEqual({
        ...one,
        id: quick,
        createdAt: later(one.createdAt),
        runAt: later(one.runAt),
        startedAt: later(one.startedAt),
        heartbeatAt: later(one.heartbeatAt),
        completedAt: later(one.completedAt),
      })
      expect(await suite.store.attempts(quick)).toEqual([
        { ...(await suite.store.attempts(usual))[0], startedAt, endedAt: suite.clock.now() },
      ])
    })

    test('are claimed once, whoever asks', async () => {
      await add()
      const other = await suite.openOne(suite.store.url)
      expect(await claimQuick()).toHaveLength(1)
      for (const store of [suite.store, other]) {
        for (const areQuick of [true, false]) {
          for (const limit of [1, 100]) {
            const request = { worker: 'w2', limit, queues: null, leaseMs: LEASE_MS, areQuick }
            expect((await store.claim(request)).jobs).toEqual([])
          }
        }
      }
    })

    test('are claimed beside others that are alike, and beside those that are not', async () => {
      const ids: string[] = []
      for (let n = 0; n < 60; n += 1) {
        ids.push(await add({ ...(n % 7 === 0 && { uniqueKey: `k${n}` }), ...(n % 5 === 0 && { tags: [`n=${n}`] }) }))
      }
      const claimed = [
        ...(await claimQuick({ limit: 20 })),
        ...(await claimQuick({ limit: 20 })),
        ...(await claimQuick()),
      ]
      expect(claimed.map(({ jobId }) => jobId)).toEqual(ids)
      expect(claimed[35]).toMatchObject({ uniqueKey: 'k35', tags: ['n=35'], delivery: 1, attempt: 1 })
      await suite.store.settle(claimed.map((one) => settlement(one, { status: 'completed' })))
      expect((await suite.store.list({ status: ['completed'] }, { limit: 100 })).entries).toHaveLength(60)
    })

    test('go to one of several claimers that ask at once', async () => {
      const stores = [suite.store, ...(await Promise.all([1, 2, 3].map(() => suite.openOne(suite.store.url))))]
      const jobs = Array.from({ length: 600 }, () => newJob())
      await suite.store.insert(jobs)
      const claimed: string[] = []
      const claimAll = async (store: Store, worker: number) => {
        const request = { worker: `w${worker}`, queues: null, leaseMs: LEASE_MS }
        for (let round = 0, misses = 0; misses < 3; round += 1) {
          const isQuick = (round + worker) % 3 > 0
          const { jobs: some } = await store.claim({ ...request, limit: isQuick ? 25 : 3, areQuick: isQuick })
          misses = some.length === 0 ? misses + 1 : 0
          claimed.push(...some.map(({ jobId }) => jobId))
          if (some.length > 0 && round % 2 === 0)
            await store.settle(some.map((one) => settlement(one, { status: 'completed' })))
        }
      }
      await Promise.all(stores.map(claimAll))
      expect(claimed.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted())
    })

    test.each(LEASES)('fail, wait for another attempt and are given back by %s', async (_, given) => {
      const ids = [await add(), await add({ maxAttempts: 2 }), await add(), await add()]
      const [failing, retrying, returned, completing] = (await claimQuick()) as [
        ClaimedJob,
        ClaimedJob,
        ClaimedJob,
        ClaimedJob,
      ]
      const startedAt = suite.clock.now()
      suite.clock.advance(100)
      const results = await suite.store.settle([
        settlement(given(failing), { status: 'failed', attemptOutcome: 'failed', error: anError('no stock') }),
        settlement(given(retrying), { status: 'retrying', attemptOutcome: 'failed', error: anError('busy') }),
        settlement(given(returned), { status: 'pending', attempt: 0, attemptOutcome: null }),
        settlement(given(completing), { status: 'completed', result: 7 }),
      ])
      expect(results).toEqual(results.map(() => ({ kind: 'written' })))
      expect(await job(failing.jobId)).toMatchObject({ status: 'failed', errors: [{ message: 'no stock' }], startedAt })
      expect(await suite.store.attempts(retrying.jobId)).toMatchObject([{ outcome: 'failed', worker: 'w1', startedAt }])
      expect(await job(returned.jobId)).toMatchObject({ status: 'pending', startedAt: null, attempt: 0 })
      expect(await job(completing.jobId)).toMatchObject({ status: 'completed', result: 7, worker: 'w1', startedAt })
      const again = await claimQuick()
      expect(again).toMatchObject([
        { jobId: ids[2], delivery: 2, attempt: 1 },
        { jobId: ids[1], delivery: 2, attempt: 2 },
      ])
    })

    test.each(LEASES)('that are asked to stop are told so by %s', async (_, given) => {
      const started = await startQuick()
      expect(await suite.store.requestCancel(started.jobId, 'no longer wanted')).toBe('requested')
      expect(await job(started.jobId)).toMatchObject({ status: 'running', cancelReason: 'no longer wanted' })
      expect(await suite.store.settle([settlement(given(started), { status: 'completed' })])).toEqual([
        { kind: 'undecided', cancelRequested: 'no longer wanted' },
      ])
      expect((await suite.store.renew([given(started)], LEASE_MS)).cancelled).toMatchObject([
        { jobId: started.jobId, reason: 'no longer wanted' },
      ])
    })

    test.each(LEASES)('report progress, log lines and items by %s', async (_, given) => {
      const [reporting, recording] = [await startQuick(), await startQuick()]
      const progress = { percent: 40, message: 'halfway', meta: null }
      const report = { lease: given(reporting), report: { progress, logs: [aLine('here')] } }
      expect(await suite.store.report([report])).toEqual([])
      expect(await job(reporting.jobId)).toMatchObject({ status: 'running', progressPercent: 40 })
      expect(await suite.store.recordItems(given(recording), batch([anItem('a', 0)], { total: 2 }))).toBe(true)
      expect(await job(recording.jobId)).toMatchObject({ status: 'running', items: { successful: 1 } })
      await suite.store.settle([reporting, recording].map((one) => settlement(given(one), { status: 'completed' })))
      expect(await job(recording.jobId)).toMatchObject({ status: 'completed', items: { total: 2, successful: 1 } })
    })

    test.each(LEASES)('are settled in a transaction of their own by %s', async (_, given) => {
      const [kept, undone] = [await startQuick(), await startQuick()]
      for (const [started, end] of [
        [kept, 'commit'],
        [undone, 'rollback'],
      ] as const) {
        const transaction = await suite.store.beginAttempt()
        expect(await transaction.settle(settlement(given(started), { status: 'completed' }))).toEqual({
          kind: 'written',
        })
        await transaction[end]()
      }
      expect(await job(kept.jobId)).toMatchObject({ status: 'completed', worker: 'w1' })
      expect(await suite.store.renew([given(undone)], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
      expect(await suite.store.settle([settlement(given(undone), { status: 'completed' })])).toEqual([
        { kind: 'written' },
      ])
    })

    test('whose lease ran out are found, and what comes late of them is refused', async () => {
      const started = await startQuick({ maxRedeliveries: 1 })
      suite.clock.advance(LEASE_MS + 1)
      expect(await suite.store.findExpired(10, [])).toMatchObject([{ jobId: started.jobId, delivery: 1, worker: 'w1' }])
      await suite.store.settle([
        settlement(leaseOf(started), { status: 'pending', redeliveries: 1, attemptOutcome: 'lost' }),
      ])
      expect(await suite.store.settle([settlement(started, { status: 'completed' })])).toEqual([{ kind: 'refused' }])
      const [again] = await claimQuick()
      expect(again).toMatchObject({ jobId: started.jobId, delivery: 2 })
      expect(await suite.store.settle([settlement(started, { status: 'completed' })])).toEqual([{ kind: 'refused' }])
      expect(await suite.store.settle([settlement(again as Lease, { status: 'completed' })])).toEqual([
        { kind: 'written' },
      ])
    })

    test('hold their leases for as long as these are renewed', async () => {
      const started = await startQuick()
      for (let times = 0; times < 3; times += 1) {
        suite.clock.advance(LEASE_MS - 1)
        expect(await suite.store.renew([started], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
        expect(await suite.store.findExpired(10, [])).toEqual([])
      }
    })

    test('are seen to run where they are not', async () => {
      const told = vi.fn()
      suite.store.subscribe(told)
      const [slow, quick] = [await add(), await add()]
      const claimed = await claimQuick()
      const startedAt = suite.clock.now()
      await suite.store.settle([settlement(claimed[1] as Lease, { status: 'completed' })])
      told.mockClear()
      suite.clock.advance(500)
      await vi.waitFor(async () => {
        expect(await job(slow)).toMatchObject({ status: 'running', worker: 'w1', startedAt, attempt: 1 })
      })
      expect(await job(quick)).toMatchObject({ status: 'completed' })
      expect(await suite.store.settle([settlement(claimed[0] as Lease, { status: 'completed' })])).toEqual([
        { kind: 'written' },
      ])
    })

    test('are not claimed while their queue is paused, nor more than it may run', async () => {
      await suite.store.changeQueue('held', { paused: true })
      await suite.store.changeQueue('narrow', { concurrency: 2 })
      for (let n = 0; n < 5; n += 1) {
        await add({ queue: 'held' })
        await add({ queue: 'narrow' })
      }
      expect((await claimQuick()).map(({ queue }) => queue)).toEqual(['narrow', 'narrow'])
      expect(await claimQuick()).toEqual([])
    })
  })
}
