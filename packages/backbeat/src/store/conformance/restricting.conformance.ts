import { describe, expect, test } from 'vitest'
import { EXPIRED_REASON } from '../../job/admission.ts'
import type { NewJob } from '../store.ts'
import { newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const atMost = (limit: number, key = 'shop'): Partial<NewJob> => ({
  restrictions: { concurrency: [{ key, limit }], rate: null },
})

const rated = (limit: number, perMs: number, key = 'mail'): Partial<NewJob> => ({
  restrictions: { concurrency: [], rate: { key, limit, perMs } },
})

export function restricting(suite: Suite): void {
  const { add, claim, claimIds, settle, job } = suite

  describe('a concurrency limit', () => {
    test('lets no more jobs of its key run than it says, and others are not held up', async () => {
      const [a, b, c] = [await add(atMost(2)), await add(atMost(2)), await add(atMost(2))]
      const [free, other] = [await add(), await add(atMost(2, 'other shop'))]
      expect(await claimIds()).toEqual([a, b, free, other])
      expect(await job(c)).toMatchObject({ status: 'pending', blockedBy: 'shop' })
      expect(await claimIds()).toEqual([])
    })

    test.each([
      ['ends', { status: 'completed' }],
      ['waits for its retry', { status: 'retrying', delayMs: 60_000, attemptOutcome: 'failed' }],
    ] as const)('lets the next one start when one that runs %s', async (_, changes) => {
      for (let count = 0; count < 3; count += 1) await add(atMost(1))
      const [first] = await claim()
      expect(await claimIds()).toEqual([])
      if (first) await settle(first, changes)
      const [second] = await claim()
      expect(second?.jobId).not.toBe(first?.jobId)
      expect(await claimIds()).toEqual([])
    })

    test('lets the highest priority of those it holds back start first', async () => {
      await add(atMost(1))
      const [running] = await claim()
      await add(atMost(1))
      const high = await add({ ...atMost(1), priority: 5 })
      expect(await claimIds()).toEqual([])
      if (running) await settle(running, { status: 'completed' })
      expect(await claimIds()).toEqual([high])
    })

    test('holds for two claimers at once', async () => {
      await suite.store.insert(Array.from({ length: 20 }, () => newJob(atMost(3))))
      const elsewhere = await suite.openOne(suite.store.url)
      const request = { limit: 10, queues: null, leaseMs: 1000 }
      const claims = await Promise.all([
        suite.store.claim({ ...request, worker: 'w1' }),
        elsewhere.claim({ ...request, worker: 'w2' }),
      ])
      expect(claims.flatMap(({ jobs }) => jobs)).toHaveLength(3)
    })

    test('of several keys is the one that is full', async () => {
      const both: Partial<NewJob> = {
        restrictions: {
          concurrency: [
            { key: 'all', limit: 2 },
            { key: 'shop', limit: 1 },
          ],
          rate: null,
        },
      }
      const [first, second] = [await add(both), await add(both)]
      const third = await add(atMost(2, 'all'))
      expect(await claimIds()).toEqual([first, third])
      expect(await job(second)).toMatchObject({ blockedBy: 'shop' })
    })

    test('forgets a job that is cancelled while it is held back', async () => {
      await add(atMost(1))
      const [running] = await claim()
      const [held, next] = [await add(atMost(1)), await add(atMost(1))]
      await claim()
      await suite.store.requestCancel(held, 'not needed')
      if (running) await settle(running, { status: 'completed' })
      expect(await claimIds()).toEqual([next])
      expect(await job(held)).toMatchObject({ status: 'cancelled', blockedBy: null })
    })

    test('has nothing left to put right while all goes well', async () => {
      for (let count = 0; count < 3; count += 1) await add(atMost(1))
      await claim()
      await claim()
      expect(await suite.store.tidy()).toEqual({ expired: 0, unblocked: 0 })
    })
  })

  describe('a rate limit', () => {
    test('lets so many start, and gives the others their time, in their order', async () => {
      const ids: string[] = []
      for (let count = 0; count < 5; count += 1) ids.push(await add(rated(2, 1000)))
      expect(await claimIds()).toEqual(ids.slice(0, 2))
      suite.clock.advance(999)
      expect(await claimIds()).toEqual([])
      suite.clock.advance(1)
      expect(await claimIds()).toEqual(ids.slice(2, 4))
      suite.clock.advance(1000)
      expect(await claimIds()).toEqual(ids.slice(4))
    })

    test('says when the next one may start', async () => {
      await add(rated(1, 60_000))
      await add(rated(1, 60_000))
      await claim()
      const { nextDueAt } = await suite.store.claim({ worker: 'w1', limit: 1, queues: null, leaseMs: 1000 })
      expect(nextDueAt).toBe(suite.clock.now() + 60_000)
    })

    test('does not hold up other work', async () => {
      for (let count = 0; count < 50; count += 1) await add(rated(1, 60_000))
      const free = await add()
      expect(await claimIds({ limit: 2 })).toContain(free)
    })

    test('holds for two claimers at once', async () => {
      await suite.store.insert(Array.from({ length: 20 }, () => newJob(rated(3, 1000))))
      const elsewhere = await suite.openOne(suite.store.url)
      const request = { limit: 10, queues: null, leaseMs: 1000 }
      const claims = await Promise.all([
        suite.store.claim({ ...request, worker: 'w1' }),
        elsewhere.claim({ ...request, worker: 'w2' }),
      ])
      expect(claims.flatMap(({ jobs }) => jobs)).toHaveLength(3)
    })
  })

  describe('expiry', () => {
    test('cancels a job that comes too late when it would be claimed', async () => {
      const late = await add({ expiresAt: suite.clock.now() + 1000 })
      const other = await add()
      suite.clock.advance(1000)
      expect(await claimIds()).toEqual([other])
      expect(await job(late)).toMatchObject({ status: 'cancelled', cancelReason: EXPIRED_REASON, attempt: 0 })
    })

    test('cancels a job that nobody would claim, once', async () => {
      const late = await add({ expiresAt: suite.clock.now() + 1000, queue: 'nobody serves this' })
      expect(await suite.store.tidy()).toMatchObject({ expired: 0 })
      suite.clock.advance(1000)
      expect(await suite.store.tidy()).toMatchObject({ expired: 1 })
      expect(await suite.store.tidy()).toMatchObject({ expired: 0 })
      expect(await job(late)).toMatchObject({ status: 'cancelled', completedAt: suite.clock.now() })
    })

    test('leaves a job alone that has started in time', async () => {
      const started = await suite.start({ expiresAt: suite.clock.now() + 1000 })
      suite.clock.advance(2000)
      expect(await suite.store.tidy()).toMatchObject({ expired: 0 })
      expect(await settle(started, { status: 'completed' })).toEqual({ kind: 'written' })
    })
  })

  describe('tenants of one queue', () => {
    test('take turns, however many jobs one of them brings', async () => {
      const of = (tenant: string) => newJob({ tenant })
      await suite.store.insert([...Array.from({ length: 50 }, () => of('large')), of('small'), of('small')])
      const tenants: (string | null)[] = []
      for (let count = 0; count < 6; count += 1) {
        const [id] = await claimIds({ limit: 1 })
        tenants.push((await job(id ?? '')).tenant)
      }
      expect(tenants).toEqual(['large', 'small', 'large', 'small', 'large', 'large'])
    })

    test('that come late are served soon, and do not catch up on turns they never asked for', async () => {
      const of = (tenant: string) => newJob({ tenant })
      await suite.store.insert(Array.from({ length: 50 }, () => of('early')))
      await claim({ limit: 20 })
      await suite.store.insert(Array.from({ length: 20 }, () => of('late')))
      const ids = await claimIds({ limit: 10 })
      const tenants = await Promise.all(ids.map(async (id) => (await job(id)).tenant))
      expect(tenants.filter((tenant) => tenant === 'late').length).toBeGreaterThanOrEqual(4)
      expect(tenants.filter((tenant) => tenant === 'late').length).toBeLessThanOrEqual(6)
    })

    test('take turns, whoever stores how many of their jobs at once', async () => {
      const elsewhere = await suite.openOne(suite.store.url)
      const callOf = (call: number) => {
        const jobs = ['a', 'b', 'c', 'd'].flatMap((tenant) => [newJob({ tenant }), newJob({ tenant })])
        return (call % 2 ? suite.store : elsewhere).insert(call % 3 ? jobs : jobs.toReversed())
      }
      await Promise.all(Array.from({ length: 12 }, (_, call) => callOf(call)))
      for (let round = 0; round < 24; round += 1) {
        const ids = await claimIds({ limit: 4 })
        const tenants = await Promise.all(ids.map(async (id) => (await job(id)).tenant))
        expect(tenants.toSorted()).toEqual(['a', 'b', 'c', 'd'])
      }
    })

    test('go by priority first', async () => {
      await suite.store.insert([newJob({ tenant: 'a' }), newJob({ tenant: 'a' })])
      const urgent = await add({ tenant: 'a', priority: 1 })
      expect(await claimIds({ limit: 1 })).toEqual([urgent])
    })
  })

  describe('a queue', () => {
    test('that is paused has none of its jobs claimed until it is opened again', async () => {
      const [held, other] = [await add({ queue: 'mail' }), await add()]
      await suite.store.changeQueue('mail', { paused: true })
      expect(await claimIds()).toEqual([other])
      await suite.store.changeQueue('mail', { paused: false })
      expect(await claimIds()).toEqual([held])
    })

    test('that drains has only those claimed that waited already', async () => {
      const before = await add({ queue: 'mail' })
      await suite.store.changeQueue('mail', { draining: true })
      suite.clock.advance(1)
      const after = await add({ queue: 'mail' })
      expect(await claimIds()).toEqual([before])
      await suite.store.changeQueue('mail', { draining: false })
      expect(await claimIds()).toEqual([after])
    })

    test('with a limit has no more of its jobs running than that', async () => {
      await suite.store.insert(Array.from({ length: 5 }, () => newJob({ queue: 'mail' })))
      await suite.store.changeQueue('mail', { concurrency: 2 })
      const running = await claim()
      expect(running).toHaveLength(2)
      expect(await claimIds()).toEqual([])
      if (running[0]) await settle(running[0], { status: 'completed' })
      expect(await claimIds()).toHaveLength(1)
    })

    test('is listed with what waits, what runs and what was set', async () => {
      await suite.store.insert([newJob({ queue: 'mail' }), newJob({ queue: 'mail' }), newJob({ queue: 'batch' })])
      await claim({ limit: 1, queues: ['mail'] })
      await suite.store.changeQueue('idle', { paused: true, concurrency: 7 })
      suite.clock.advance(1000)
      await suite.store.changeQueue('idle', { paused: true })
      const open = { pausedAt: null, drainingSince: null, concurrency: null }
      expect(await suite.store.queues()).toEqual([
        { name: 'batch', waiting: 1, running: 0, ...open },
        { name: 'idle', waiting: 0, running: 0, ...open, pausedAt: suite.clock.now() - 1000, concurrency: 7 },
        { name: 'mail', waiting: 1, running: 1, ...open },
      ])
    })
  })

  describe('a unique key', () => {
    test('that is held for a period is in the way even when its job is over', async () => {
      const unique = { uniqueKey: 'digest', uniquePeriodMs: 60_000 }
      const first = await suite.start(unique)
      await settle(first, { status: 'completed' })
      const second = newJob(unique)
      expect(await suite.store.insert([second])).toEqual([{ id: second.id, inserted: false, activeJobId: first.jobId }])
      suite.clock.advance('60s')
      await add(unique)
    })

    test('may be taken over from a job that still waits', async () => {
      const first = await add({ uniqueKey: 'k' })
      const second = await add({ uniqueKey: 'k', replacesWaiting: true })
      expect(await job(first)).toMatchObject({ status: 'cancelled', cancelReason: `Replaced by job ${second}` })
      expect(await claimIds()).toEqual([second])
    })

    test('is not taken over from a job that runs', async () => {
      const running = await suite.start({ uniqueKey: 'k' })
      const second = newJob({ uniqueKey: 'k', replacesWaiting: true })
      expect(await suite.store.insert([second])).toEqual([
        { id: second.id, inserted: false, activeJobId: running.jobId },
      ])
    })

    test('of a period goes along when its job is taken over', async () => {
      const unique = { uniqueKey: 'k', uniquePeriodMs: 60_000, replacesWaiting: true }
      await add(unique)
      const second = await suite.start(unique)
      await settle(second, { status: 'completed' })
      expect(await suite.store.insert([newJob(unique)])).toMatchObject([{ inserted: false, activeJobId: second.jobId }])
    })

    test('is not held for a period by a job that was refused', async () => {
      const unique = { uniqueKey: 'k', uniquePeriodMs: 1000 }
      const first = await suite.start(unique)
      suite.clock.advance(2000)
      expect(await suite.store.insert([newJob(unique)])).toMatchObject([{ inserted: false, activeJobId: first.jobId }])
      await settle(first, { status: 'completed' })
      await add(unique)
    })

    test('goes from one job of a call to the next, where each takes it over', async () => {
      const unique = { uniqueKey: 'k', uniquePeriodMs: 60_000, replacesWaiting: true }
      const jobs = [newJob(unique), newJob({ uniqueKey: 'other' }), newJob(unique), newJob(unique)]
      expect(await suite.store.insert(jobs)).toEqual(jobs.map(({ id }) => ({ id, inserted: true })))
      expect(await claimIds()).toEqual([jobs[1]?.id, jobs[3]?.id])
    })

    test.each([
      ['held for a period', { uniquePeriodMs: 60_000 }],
      ['taken over', { replacesWaiting: true }],
      ['taken over and held for a period', { replacesWaiting: true, uniquePeriodMs: 60_000 }],
    ])('that is %s has one job, whoever stores many at once, in whatever order', async (_, unique) => {
      const elsewhere = await suite.openOne(suite.store.url)
      const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`)
      const callOf = (call: number) => {
        const jobs = keys.map((uniqueKey) => newJob({ uniqueKey, tenant: uniqueKey, ...unique }))
        return (call % 2 ? suite.store : elsewhere).insert(call % 3 ? jobs : jobs.toReversed())
      }
      await Promise.all(Array.from({ length: 12 }, (_, call) => callOf(call)))
      const claimed = await claim()
      expect(claimed.map(({ uniqueKey }) => uniqueKey).toSorted()).toEqual(keys.toSorted())
    })
  })
}
