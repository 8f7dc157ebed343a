import { describe, expect, test } from 'vitest'
import { MAX_RECORDED_ERRORS } from '../../job/job.ts'
import type { ItemBatch } from '../../job/report.ts'
import type { ClaimedJob } from '../store.ts'
import { anError, anItem, batch, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function items(suite: Suite): void {
  const { claim, start, settle, job } = suite

  describe('items', () => {
    test('outcomes, counts, percent and message are recorded together', async () => {
      const started = await start()
      const outcomes = [anItem('a', 0), anItem('b', 1, anError('bad price')), anItem('c', 2)]
      expect(
        await suite.store.recordItems(leaseOf(started), batch(outcomes, { total: 7, message: 'batch 1 of 3' })),
      ).toBe(true)
      expect(await job(started.jobId)).toMatchObject({
        items: { total: 7, processed: 3, successful: 2, failed: 1 },
        progressPercent: 42,
        progressMessage: 'batch 1 of 3',
        errors: [{ item: 'b', message: 'bad price' }],
        errorMessage: null,
      })
      expect((await suite.store.items(started.jobId, {}, { limit: 10 })).entries).toEqual([
        {
          key: 'a',
          position: 0,
          status: 'successful',
          attempts: 1,
          errorType: null,
          errorMessage: null,
          at: suite.clock.now(),
        },
        {
          key: 'b',
          position: 1,
          status: 'failed',
          attempts: 1,
          errorType: 'TypeError',
          errorMessage: 'bad price',
          at: suite.clock.now(),
        },
        {
          key: 'c',
          position: 2,
          status: 'successful',
          attempts: 1,
          errorType: null,
          errorMessage: null,
          at: suite.clock.now(),
        },
      ])
    })

    test('a total of nothing is nought per cent', async () => {
      const started = await start()
      await suite.store.recordItems(leaseOf(started), batch([], { total: 0 }))
      expect((await job(started.jobId)).progressPercent).toBe(0)
    })

    test('writing a batch again changes nothing, even after later ones', async () => {
      const started = await start()
      const first = batch([anItem('a', 0), anItem('b', 1, anError('bad'))], { total: 4 })
      const second: ItemBatch = {
        ...batch([anItem('c', 2)], { total: 4 }),
        counts: { total: 4, processed: 3, successful: 2, failed: 1 },
      }
      await suite.store.recordItems(leaseOf(started), first)
      await suite.store.recordItems(leaseOf(started), second)
      const before = await job(started.jobId)
      expect(before.items.processed).toBe(3)
      expect(await suite.store.recordItems(leaseOf(started), second)).toBe(true)
      expect(await suite.store.recordItems(leaseOf(started), first)).toBe(true)
      expect(await job(started.jobId)).toEqual(before)
      expect((await suite.store.items(started.jobId, {}, { limit: 10 })).entries).toHaveLength(3)
    })

    test('item errors are kept up to the bound', async () => {
      const started = await start()
      const outcomes = Array.from({ length: MAX_RECORDED_ERRORS + 20 }, (_, index) =>
        anItem(`k${index}`, index, anError(`bad ${index}`)),
      )
      await suite.store.recordItems(leaseOf(started), batch(outcomes.slice(0, 60), { total: 120 }))
      const counts = { total: 120, processed: 120, successful: 0, failed: 120 }
      await suite.store.recordItems(leaseOf(started), { ...batch(outcomes.slice(60), { total: 120 }), counts })
      const { errors, items } = await job(started.jobId)
      expect(errors.map(({ item }) => item)).toEqual(outcomes.slice(0, MAX_RECORDED_ERRORS).map(({ key }) => key))
      expect(items.failed).toBe(120)
      const failed = await suite.store.items(started.jobId, { status: 'failed' }, { limit: 500 })
      expect(failed.entries).toHaveLength(120)
    })

    test('items are listed by position in pages, all of them or by their outcome', async () => {
      const started = await start()
      const outcomes = [5, 3, 3, 1, 4, 2].map((position, index) =>
        anItem(`k${index}`, position, position % 2 ? undefined : anError('even')),
      )
      await suite.store.recordItems(leaseOf(started), batch(outcomes, { total: 6 }))
      const keys = async (filter: { status?: 'successful' | 'failed' }) => {
        const found: string[] = []
        let cursor: string | null = null
        do {
          const page = await suite.store.items(
            started.jobId,
            filter,
            cursor === null ? { limit: 2 } : { limit: 2, cursor },
          )
          expect(page.entries.length).toBeLessThanOrEqual(2)
          found.push(...page.entries.map(({ key }) => key))
          cursor = page.nextCursor
        } while (cursor !== null)
        return found
      }
      expect(await keys({})).toEqual(['k3', 'k5', 'k1', 'k2', 'k4', 'k0'])
      expect(await keys({ status: 'failed' })).toEqual(['k5', 'k4'])
      expect(await keys({ status: 'successful' })).toEqual(['k3', 'k1', 'k2', 'k0'])
    })

    test('what this delivery recorded is repeated, what an earlier one did is done, the rest is open', async () => {
      const first = await start({ maxAttempts: 2 })
      await suite.store.recordItems(leaseOf(first), batch([anItem('a', 0), anItem('b', 1, anError('x'))], { total: 4 }))
      expect(await suite.store.settledItems(leaseOf(first), ['a', 'b', 'c'])).toEqual(
        new Map([
          ['a', 'repeated'],
          ['b', 'repeated'],
        ]),
      )
      await settle(first, { status: 'retrying', attemptOutcome: 'failed' })
      const [second] = await claim()
      expect(second?.items).toEqual({ total: 4, processed: 2, successful: 1, failed: 1 })
      const counts = { total: 4, processed: 3, successful: 2, failed: 1 }
      await suite.store.recordItems(leaseOf(second as ClaimedJob), {
        outcomes: [anItem('c', 2)],
        counts,
        message: null,
      })
      expect(await suite.store.settledItems(leaseOf(second as ClaimedJob), ['a', 'b', 'c', 'd'])).toEqual(
        new Map([
          ['a', 'done'],
          ['b', 'done'],
          ['c', 'repeated'],
        ]),
      )
    })

    test('a job that repairs another works only on the items that failed there', async () => {
      const original = await start()
      const outcomes = [anItem('good', 0), anItem('bad', 1, anError('x')), anItem('worse', 2, anError('y'))]
      await suite.store.recordItems(leaseOf(original), batch(outcomes, { total: 3 }))
      await settle(original, { status: 'completed_with_warnings' })
      const repair = await start({ retriedFromId: original.jobId, retryScope: 'failed_items' })
      const keys = ['good', 'bad', 'worse', 'unheard of']
      expect(await suite.store.settledItems(leaseOf(repair), keys)).toEqual(
        new Map([
          ['good', 'excluded'],
          ['unheard of', 'excluded'],
        ]),
      )
      await suite.store.recordItems(leaseOf(repair), batch([anItem('bad', 1), anItem('good', 0)], { total: 2 }))
      expect(await suite.store.settledItems(leaseOf(repair), keys)).toEqual(
        new Map([
          ['good', 'excluded'],
          ['bad', 'repeated'],
          ['unheard of', 'excluded'],
        ]),
      )
    })
  })
}
