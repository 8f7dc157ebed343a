import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../job/job.ts'
import type { ClaimedJob, NewJob } from '../store.ts'
import { newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function inserting(suite: Suite): void {
  const { openOne, add, claim, claimIds, start, settle, job, allIds } = suite

  describe('inserting', () => {
    test('of jobs that are stored together, one that differs from the others in anything keeps what is its own', async () => {
      const now = suite.clock.now()
      const differences: [Partial<NewJob>, Partial<Job>][] = [
        [{ delayMs: 5000 }, { runAt: now + 5000 }],
        [{ expiresAfterMs: 7000 }, { expiresAt: now + 7000 }],
        [{ runAt: now + 3000 }, { runAt: now + 3000 }],
        [{ priority: 3 }, { priority: 3 }],
        [{ queue: 'other' }, { queue: 'other' }],
        [{ tags: ['x=1'] }, { tags: ['x=1'] }],
        [{ triggeredBy: 'someone' }, { triggeredBy: 'someone' }],
      ]
      for (const [given, stored] of differences) {
        const jobs = [newJob(), newJob(), newJob(given), newJob()]
        await suite.store.insert(jobs)
        const [first, second, third, fourth] = await Promise.all(jobs.map(({ id }) => job(id)))
        expect({ ...second, id: '' }).toEqual({ ...first, id: '' })
        expect({ ...third, id: '' }).toEqual({ ...first, id: '', ...stored })
        expect({ ...fourth, id: '' }).toEqual({ ...first, id: '' })
      }
    })

    test('a job is stored whole', async () => {
      const id = await add({
        taskType: 'catalog.product_import',
        queue: 'long_running',
        priority: -3,
        input: { shop: 'nord', rows: [1, 2.5, null, true] },
        triggeredBy: 'manual:ana',
        tags: ['nightly', 'nord'],
        maxAttempts: 4,
        uniqueKey: 'nord',
        totalItems: 12,
      })
      expect(await job(id)).toEqual({
        id,
        taskType: 'catalog.product_import',
        queue: 'long_running',
        priority: -3,
        status: 'pending',
        input: { shop: 'nord', rows: [1, 2.5, null, true] },
        result: null,
        triggeredBy: 'manual:ana',
        tags: ['nightly', 'nord'],
        createdAt: suite.clock.now(),
        runAt: suite.clock.now(),
        startedAt: null,
        completedAt: null,
        heartbeatAt: null,
        attempt: 0,
        maxAttempts: 4,
        redeliveries: 0,
        worker: null,
        errorType: null,
        errorMessage: null,
        traceback: null,
        errors: [],
        warnings: [],
        progressPercent: 0,
        progressMessage: null,
        progressMeta: null,
        items: { total: 12, processed: 0, successful: 0, failed: 0 },
        uniqueKey: 'nord',
        retriedFromId: null,
        retryScope: 'all',
        cancelRequestedAt: null,
        cancelReason: null,
        expiresAt: null,
        blockedBy: null,
        tenant: null,
      })
    })

    test('nothing to insert is no work', async () => {
      expect(await suite.store.insert([])).toEqual([])
      expect(await allIds({})).toEqual([])
    })

    test('a job that nobody stored is not found', async () => {
      expect(await suite.store.get(v7())).toBeUndefined()
    })

    test('ten thousand jobs go in at once, and are answered in their order', async () => {
      const jobs = Array.from({ length: 10_000 }, () => newJob())
      const insertions = await suite.store.insert(jobs)
      expect(insertions.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id))
      expect(insertions.every(({ inserted }) => inserted)).toBe(true)
      expect(await claimIds({ limit: 3 })).toEqual(jobs.slice(0, 3).map(({ id }) => id))
    })

    test('a second job of a unique key is refused, naming the active one', async () => {
      const first = await add({ uniqueKey: 'nord' })
      const second = newJob({ uniqueKey: 'nord' })
      expect(await suite.store.insert([second])).toEqual([{ id: second.id, inserted: false, activeJobId: first }])
      expect(await suite.store.get(second.id)).toBeUndefined()
    })

    test('within one call, the first of a unique key wins and the rest of the call is stored', async () => {
      const jobs = [newJob({ uniqueKey: 'a' }), newJob({ uniqueKey: 'a' }), newJob({ uniqueKey: 'b' }), newJob()]
      expect(await suite.store.insert(jobs)).toEqual([
        { id: jobs[0]?.id, inserted: true },
        { id: jobs[1]?.id, inserted: false, activeJobId: jobs[0]?.id },
        { id: jobs[2]?.id, inserted: true },
        { id: jobs[3]?.id, inserted: true },
      ])
    })

    test('a unique key is taken while its job waits, runs or will be retried, and free once it rests', async () => {
      const first = await start({ uniqueKey: 'nord' })
      const refused = { inserted: false, activeJobId: first.jobId }
      expect(await suite.store.insert([newJob({ uniqueKey: 'nord' })])).toMatchObject([refused])
      await settle(first, { status: 'retrying', delayMs: 1000 })
      expect(await suite.store.insert([newJob({ uniqueKey: 'nord' })])).toMatchObject([refused])
      suite.clock.advance(1000)
      const [again] = await claim()
      await settle(again as ClaimedJob, { status: 'failed' })
      expect(await suite.store.insert([newJob({ uniqueKey: 'nord' })])).toMatchObject([{ inserted: true }])
    })

    test('a hundred unique inserts at once leave one', async () => {
      const other = await openOne(suite.store.url)
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 ? suite.store : other).insert([newJob({ uniqueKey: 'nord' })]),
        ),
      )
      const insertions = answers.flat()
      const winners = insertions.filter(({ inserted }) => inserted).map(({ id }) => id)
      expect(winners).toHaveLength(1)
      expect(new Set(insertions.map((each) => (each.inserted ? each.id : each.activeJobId)))).toEqual(new Set(winners))
      expect(await allIds({})).toEqual(winners)
    })

    test('a job is retried by one active job at a time', async () => {
      const failed = await start()
      await settle(failed, { status: 'failed' })
      const retry = await start({ retriedFromId: failed.jobId })
      const second = newJob({ retriedFromId: failed.jobId })
      expect(await suite.store.insert([second])).toEqual([{ id: second.id, inserted: false, activeJobId: retry.jobId }])
      await settle(retry, { status: 'failed' })
      expect(await suite.store.insert([second])).toEqual([{ id: second.id, inserted: true }])
      expect((await suite.store.retries(failed.jobId, 5))[0]?.id).toBe(second.id)
      expect(await suite.store.retries(failed.jobId, 1)).toHaveLength(1)
      expect(await suite.store.retries(second.id, 5)).toEqual([])
    })

    test('an id is used once; the whole call is undone', async () => {
      const id = await add()
      const [bystander, duplicate] = [newJob(), newJob({ id })]
      await expect(suite.store.insert([bystander, duplicate])).rejects.toMatchObject({ code: 'duplicate_job_id' })
      expect(await allIds({})).toEqual([id])
    })
  })
}
