import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesTo, leaseOf, newJob } from '../store/conformance/fixtures.conformance.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { type EventFilter, matcherOf } from './event-filter.ts'

const words = ['nord', 'NORD', 'süd', 'SÜD', 'a%b', 'a_b', 'x\0y', 'shop=nord', '[]', '"']
const word = fc.constantFrom(...words, '\ud800')
/** What a database is searched for is well-formed: no URL can say anything else. */
const part = fc.constantFrom(...words)
const status = fc.constantFrom('pending', 'running', 'failed' as const)

test('the events of a filter are of the jobs that the list would show for it', async () => {
  const one = fc.record({ taskType: word, queue: word, triggeredBy: word, tags: fc.array(word), fails: fc.boolean() })
  const filter: fc.Arbitrary<EventFilter> = fc.record(
    { taskType: word, queue: word, triggeredBy: word, tag: word, q: part, status: fc.array(status) },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { minLength: 1, maxLength: 5 }),
      fc.array(filter, { minLength: 5 }),
      async (jobs, filters) => {
        const store = openSqliteStore('sqlite::memory:')
        await store.migrate()
        await store.insert(jobs.map(({ fails: _, ...job }) => newJob(job)))
        const claim = await store.claim({ worker: 'w', limit: jobs.length - 1, queues: null, leaseMs: 60_000 })
        const error = { type: 'Error', message: 'no feed in SÜD', at: 0 }
        const changes = changesTo({ status: 'failed', attemptOutcome: 'failed', error })
        const failing = claim.jobs.filter((_, index) => jobs[index]?.fails)
        await store.settle(failing.map((job) => ({ lease: leaseOf(job), changes, knewOfCancel: false })))
        const all = (await store.list({}, { limit: 10 })).entries
        for (const one of filters) {
          const listed = (await store.list(one, { limit: 10 })).entries.map(({ id }) => id)
          const matches = matcherOf(one)
          expect(all.filter((job) => matches(job) === 'in').map(({ id }) => id)).toEqual(listed)
        }
        await store.close()
      },
    ),
    { numRuns: 60 },
  )
})
