import { describe, expect, test } from 'vitest'
import type { ClaimedJob, Store } from '../store.ts'
import { aLine, changesTo, LEASE_MS, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'
import { NEXT_VERSION, VERSION_AFTER_NEXT } from './versions.conformance.ts'

export function upgrading(suite: Suite): void {
  const { openOne } = suite

  /** Everything that the life of a job asks of a store. */
  async function runOne(store: Store): Promise<void> {
    const { id } = newJob()
    expect(await store.insert([newJob({ id })])).toEqual([{ id, inserted: true }])
    const { jobs } = await store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: LEASE_MS })
    const lease = leaseOf(jobs[0] as ClaimedJob)
    expect(lease.jobId).toBe(id)
    expect(await store.report([{ lease, report: { logs: [aLine('on the way')] } }])).toEqual([])
    const settlement = { lease, knewOfCancel: false, changes: changesTo({ status: 'completed' }) }
    expect(await store.settle([settlement])).toEqual([{ kind: 'written' }])
    expect(await store.get(id)).toMatchObject({ status: 'completed' })
    expect(await store.attempts(id)).toMatchObject([{ outcome: 'completed' }])
    expect((await store.list({}, { limit: 1 })).entries).toMatchObject([{ id }])
  }

  describe('an upgrade', () => {
    test('that only adds lets the version before it go on, start, and migrate in vain', async () => {
      await runOne(suite.store)
      const next = await openOne(suite.store.url, NEXT_VERSION)
      await next.migrate()
      await runOne(suite.store)
      await runOne(next)
      const starting = await openOne(suite.store.url)
      await starting.migrate()
      await runOne(starting)
      await next.migrate()
    })

    test('that takes something away refuses a version that needs it, and says which one does not', async () => {
      const after = await openOne(suite.store.url, VERSION_AFTER_NEXT)
      await after.migrate()
      const needed = VERSION_AFTER_NEXT.at(-1)?.oldestCode
      await expect(suite.store.migrate()).rejects.toMatchObject({
        code: 'schema_too_new',
        message: expect.stringContaining(`knows version ${needed} or newer`),
      })
      await (await openOne(suite.store.url, NEXT_VERSION)).migrate()
    })

    test('of an empty database is all steps at once', async () => {
      const fresh = await openOne(undefined, NEXT_VERSION)
      await fresh.migrate()
      await runOne(fresh)
    })

    test('goes through a large table in batches, until nothing is left', async () => {
      const jobs = Array.from({ length: 250 }, () => newJob())
      await suite.store.insert(jobs)
      const claimed = (await suite.store.claim({ worker: 'w', limit: 250, queues: null, leaseMs: LEASE_MS })).jobs
      const changes = changesTo({ status: 'completed' })
      await suite.store.settle(claimed.map((job) => ({ lease: leaseOf(job), knewOfCancel: false, changes })))
      await (await openOne(suite.store.url, NEXT_VERSION)).migrate()
      await runOne(suite.store)
    })

    test('is done once, whoever begins it at the same time, and by whichever version', async () => {
      const fresh = await openOne(undefined, NEXT_VERSION)
      const others = await Promise.all(
        [NEXT_VERSION, undefined, NEXT_VERSION, undefined, undefined].map((steps) => openOne(fresh.url, steps)),
      )
      await Promise.all([fresh, ...others].map((each) => each.migrate()))
      for (const each of [fresh, ...others]) await runOne(each)
    })
  })
}
