import { describe, expect, test } from 'vitest'
import type { ClaimedJob, NewJob } from '../store.ts'
import { LEASE_MS, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function claiming(suite: Suite): void {
  const { openOne, add, claim, claimIds, start, job } = suite

  describe('claiming', () => {
    test('a claim hands over all that running the job needs', async () => {
      const id = await add({
        taskType: 'demo.echo',
        queue: 'batch',
        input: { n: 1 },
        tags: ['x'],
        maxAttempts: 3,
        maxRedeliveries: 2,
        uniqueKey: 'k',
        totalItems: 5,
      })
      suite.clock.advance('1s')
      expect(await claim({ worker: 'w7' })).toEqual([
        {
          jobId: id,
          delivery: 1,
          taskType: 'demo.echo',
          queue: 'batch',
          input: { n: 1 },
          attempt: 1,
          maxAttempts: 3,
          redeliveries: 0,
          maxRedeliveries: 2,
          triggeredBy: 'test',
          tags: ['x'],
          retryScope: 'all',
          items: { total: 5, processed: 0, successful: 0, failed: 0 },
          uniqueKey: 'k',
          startedAt: suite.clock.now(),
          inputLength: '{"n":1}'.length,
        },
      ])
      expect(await job(id)).toMatchObject({
        status: 'running',
        attempt: 1,
        worker: 'w7',
        startedAt: suite.clock.now(),
        heartbeatAt: suite.clock.now(),
        completedAt: null,
      })
    })

    test.each<[Partial<NewJob>, Partial<ClaimedJob>]>([
      [{ taskType: 'demo.other' }, { taskType: 'demo.other' }],
      [{ queue: 'other' }, { queue: 'other' }],
      [{ triggeredBy: 'someone' }, { triggeredBy: 'someone' }],
      [{ maxAttempts: 2 }, { maxAttempts: 2 }],
      [{ maxRedeliveries: 1 }, { maxRedeliveries: 1 }],
      [{ tags: ['x=1'] }, { tags: ['x=1'] }],
      [{ uniqueKey: 'k' }, { uniqueKey: 'k' }],
      [{ retryScope: 'failed_items' }, { retryScope: 'failed_items' }],
      [{ totalItems: 7 }, { items: { total: 7, processed: 0, successful: 0, failed: 0 } }],
      [{ input: ['other'] }, { input: ['other'], inputLength: 9 }],
    ])('after others that are alike, a job with %j is handed over as it is', async (given, different) => {
      const plain = await suite.start()
      const ids = [await add(), await add(given), await add()]
      suite.clock.advance('1s')
      const claimed = await claim()
      const usual = { ...plain, startedAt: suite.clock.now() }
      expect(claimed.toSorted((a, b) => (a.jobId < b.jobId ? -1 : 1))).toEqual([
        { ...usual, jobId: ids[0] },
        { ...usual, jobId: ids[1], ...different },
        { ...usual, jobId: ids[2] },
      ])
    })

    test('jobs of several tasks are handed over as they are, claim after claim', async () => {
      const tasks = ['demo.a', 'demo.a', 'demo.b', 'demo.a', 'demo.a', 'demo.b', 'demo.b', 'demo.b', 'demo.a']
      for (const taskType of tasks) await add({ taskType, triggeredBy: taskType })
      const claimed: ClaimedJob[] = []
      for (let some = await claim({ limit: 2 }); some.length > 0; some = await claim({ limit: 2 }))
        claimed.push(...some)
      expect(claimed.map(({ taskType }) => taskType)).toEqual(tasks)
      expect(claimed.map(({ triggeredBy }) => triggeredBy)).toEqual(tasks)
    })

    test('after others that are alike, a job of a higher priority is the first of its claim', async () => {
      await suite.start()
      const [first, second] = [await add(), await add({ priority: 3 })]
      expect(await claimIds()).toEqual([second, first])
    })

    test('after others that are alike, the turns of tenants go on counting', async () => {
      await suite.start()
      for (let turn = 0; turn < 3; turn += 1) await suite.start({ tenant: 'early' })
      const early = await add({ tenant: 'early' })
      const late = [await add({ tenant: 'late' }), await add({ tenant: 'late' })]
      expect(await claimIds()).toEqual([late[0], early, late[1]])
    })

    test('after others that are alike, a job that was given back or lost is handed over with its past', async () => {
      const plain = await suite.start({ maxRedeliveries: 2 })
      const released = await suite.start({ maxRedeliveries: 2 })
      const lost = await suite.start({ maxRedeliveries: 2 })
      const failed = await suite.start({ maxRedeliveries: 2 })
      await suite.settle(released, { status: 'pending', attempt: 0, attemptOutcome: 'released' })
      await suite.settle(lost, { status: 'pending', attempt: 0, redeliveries: 1, attemptOutcome: 'lost' })
      await suite.settle(failed, { status: 'retrying', attempt: 1, attemptOutcome: 'failed' })
      const fresh = await add({ maxRedeliveries: 2 })
      suite.clock.advance('1s')
      const again = { ...plain, delivery: 2 }
      expect((await claim()).toSorted((a, b) => (a.jobId < b.jobId ? -1 : 1))).toEqual([
        { ...again, jobId: released.jobId },
        { ...again, jobId: lost.jobId, redeliveries: 1 },
        { ...again, jobId: failed.jobId, attempt: 2 },
        { ...plain, jobId: fresh, startedAt: suite.clock.now() },
      ])
    })

    test('where nothing waits, nothing is claimed and no time is named', async () => {
      expect(await suite.store.claim({ worker: 'w', limit: 5, queues: null, leaseMs: 1 })).toEqual({
        jobs: [],
        nextDueAt: null,
      })
    })

    test('higher priority goes first, then what is due longer, then what came first', async () => {
      const late = await add({ runAt: suite.clock.now() - 10 })
      const early = await add({ runAt: suite.clock.now() - 20 })
      const [first, second] = [await add(), await add()]
      const low = await add({ priority: -1, runAt: suite.clock.now() - 1000 })
      const high = await add({ priority: 5 })
      expect(await claimIds()).toEqual([high, early, late, first, second, low])
    })

    test('the order holds across queues, and across claims', async () => {
      const ids: string[] = []
      for (const [queue, priority] of [
        ['a', 1],
        ['b', 3],
        ['c', 2],
        ['a', 4],
        ['b', 0],
      ] as const) {
        ids.push(await add({ queue, priority }))
      }
      const inOrder = [ids[3], ids[1], ids[2], ids[0], ids[4]]
      expect([...(await claimIds({ limit: 2 })), ...(await claimIds({ limit: 2 })), ...(await claimIds())]).toEqual(
        inOrder,
      )
    })

    test('only the queues asked for are served', async () => {
      const a = await add({ queue: 'a' })
      const b = await add({ queue: 'b' })
      await add({ queue: 'c' })
      expect(await claimIds({ queues: ['nothing'] })).toEqual([])
      expect(await claimIds({ queues: [] })).toEqual([])
      expect(await claimIds({ queues: ['b', 'a', 'b'] })).toEqual([a, b])
    })

    test('a limit is kept, and a limit of nothing claims nothing', async () => {
      for (let count = 0; count < 5; count++) await add()
      expect(await claimIds({ limit: 0 })).toEqual([])
      expect(await claimIds({ limit: 3 })).toHaveLength(3)
      expect(await claimIds({ limit: 3 })).toHaveLength(2)
    })

    test('a delayed job waits until it is due, and says when that is', async () => {
      const dueAt = suite.clock.now() + 5000
      const id = await add({ runAt: dueAt })
      await add({ runAt: dueAt + 1 })
      const request = { worker: 'w', limit: 1, queues: null, leaseMs: LEASE_MS }
      expect(await suite.store.claim(request)).toEqual({ jobs: [], nextDueAt: dueAt })
      suite.clock.advance(4999)
      expect((await suite.store.claim(request)).jobs).toEqual([])
      suite.clock.advance(1)
      const claimed = await suite.store.claim(request)
      expect(claimed.jobs.map(({ jobId }) => jobId)).toEqual([id])
      expect(claimed.nextDueAt).toBe(dueAt + 1)
    })

    test('a delayed job that has fallen due takes its turn by priority', async () => {
      const delayed = await add({ runAt: suite.clock.now() + 10, priority: 2 })
      const [low, high] = [await add({ priority: 1 }), await add({ priority: 3 })]
      suite.clock.advance(10)
      expect(await claimIds()).toEqual([high, delayed, low])
    })

    test('two claimers never share a job', async () => {
      const other = await openOne(suite.store.url)
      const jobs = Array.from({ length: 200 }, () => newJob())
      await suite.store.insert(jobs)
      const claims = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          (index % 2 ? suite.store : other).claim({ worker: `w${index}`, limit: 7, queues: null, leaseMs: LEASE_MS }),
        ),
      )
      const ids = claims.flatMap((each) => each.jobs.map(({ jobId }) => jobId))
      expect(ids).toHaveLength(200)
      expect(new Set(ids)).toEqual(new Set(jobs.map(({ id }) => id)))
    })

    test('a running job is not claimed again', async () => {
      await start()
      suite.clock.advance('1d')
      expect(await claimIds()).toEqual([])
    })
  })
}
