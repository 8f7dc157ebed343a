import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { Status } from '../../job/states.ts'
import type { JobFilter } from '../store.ts'
import { anError } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function listing(suite: Suite): void {
  const { add, start, settle, job, allIds } = suite

  describe('listing', () => {
    test('newest first, in pages that join without a gap, whatever is added meanwhile', async () => {
      const ids: string[] = []
      for (let count = 0; count < 7; count++) ids.push(await add())
      const newestFirst = ids.toReversed()
      const first = await suite.store.list({}, { limit: 3 })
      expect(first.entries.map(({ id }) => id)).toEqual(newestFirst.slice(0, 3))
      await add()
      const second = await suite.store.list({}, { limit: 4, cursor: first.nextCursor as string })
      expect(second.entries.map(({ id }) => id)).toEqual(newestFirst.slice(3))
      expect(second.nextCursor).toBeNull()
    })

    test('entries are summaries: the record without its large fields', async () => {
      const started = await start({ input: { large: 'x' } })
      await settle(started, { status: 'failed', error: anError('broken'), result: 'large' })
      const { input, result, traceback, errors, warnings, progressMeta, ...summary } = await job(started.jobId)
      expect((await suite.store.list({}, { limit: 1 })).entries).toEqual([summary])
    })

    test.each(['', 'nonsense', 'bnVsbA', 'W10', 'WzFd', 'WyJhIiwiYiJd'])(
      'the cursor %j, which no list gave, is refused',
      async (cursor) => {
        const refusal = { code: 'invalid_cursor', status: 422 }
        await expect(suite.store.list({}, { limit: 1, cursor })).rejects.toMatchObject(refusal)
        await expect(suite.store.items(v7(), {}, { limit: 1, cursor })).rejects.toMatchObject(refusal)
        if (cursor !== 'WzFd') await expect(suite.store.logs(v7(), { limit: 1, cursor })).rejects.toMatchObject(refusal)
      },
    )

    test('each filter narrows the list, and together they narrow it further', async () => {
      const start0 = suite.clock.now()
      const a = await add({ taskType: 'catalog.product_import', queue: 'long', triggeredBy: 'manual:ana', tags: ['x'] })
      suite.clock.advance(100)
      const b = await add({ taskType: 'catalog.product_export', queue: 'long', tags: ['x', 'y'] })
      suite.clock.advance(100)
      const c = await add({ taskType: 'orders.order_import', triggeredBy: 'manual:ana' })
      expect(await allIds({ taskType: 'catalog.product_export' })).toEqual([b])
      expect(await allIds({ queue: 'long' })).toEqual([b, a])
      expect(await allIds({ triggeredBy: 'manual:ana' })).toEqual([c, a])
      expect(await allIds({ tag: 'x' })).toEqual([b, a])
      expect(await allIds({ tag: 'y' })).toEqual([b])
      expect(await allIds({ tag: 'z' })).toEqual([])
      expect(await allIds({ from: start0 + 100 })).toEqual([c, b])
      expect(await allIds({ to: start0 + 100 })).toEqual([a])
      expect(
        await allIds({ queue: 'long', triggeredBy: 'manual:ana', tag: 'x', from: start0, status: ['pending'] }),
      ).toEqual([a])
    })

    test('one state or several, each job once, in pages', async () => {
      const statuses = ['completed', 'failed', 'stuck', 'completed', 'failed', 'cancelled'] as const
      const ids: string[] = []
      for (const status of statuses) {
        const started = await start()
        await settle(started, { status })
        ids.push(started.jobId)
      }
      const pending = await add({ runAt: suite.clock.now() + 1 })
      const of = (...wanted: Status[]) =>
        ids.filter((_, index) => wanted.includes(statuses[index] as Status)).toReversed()
      expect(await allIds({ status: ['failed'] })).toEqual(of('failed'))
      expect(await allIds({ status: ['failed', 'stuck', 'failed'] })).toEqual(of('failed', 'stuck'))
      expect(await allIds({ status: ['completed', 'failed', 'cancelled'] }, 2)).toEqual(
        of('completed', 'failed', 'cancelled'),
      )
      expect(await allIds({ status: ['pending', 'running'] })).toEqual([pending])
      expect(await allIds({ status: [] }, 3)).toEqual([pending, ...ids.toReversed()])
    })

    test('a search looks in the task, the id, the error and the tags, in any letter case', async () => {
      const task = await add({ taskType: 'catalog.Product_Import' })
      const tagged = await add({ tags: ['Größe', 'rush-hour'] })
      expect(await allIds({ q: 'pRODUCT_iMP' })).toEqual([task])
      expect(await allIds({ q: task.slice(-12).toUpperCase() })).toEqual([task])
      expect(await allIds({ q: 'RUSH' })).toEqual([tagged])
      expect(await allIds({ q: 'GRÖSSE'.replace('SS', 'ß') })).toEqual([tagged])
      expect(await allIds({ q: 'nowhere' })).toEqual([])
    })

    test('a search finds errors', async () => {
      const started = await start()
      await settle(started, { status: 'failed', error: anError('Connection REFUSED by host') })
      await add()
      expect(await allIds({ q: 'refused' })).toEqual([started.jobId])
    })

    test('nothing in a search has a special meaning', async () => {
      const percent = await add({ tags: ['100%'] })
      const underscore = await add({ tags: ['a_b'] })
      await add({ tags: ['axb', '1000'] })
      const quoted = await add({ tags: [`it's "quoted"`, 'back\\slash'] })
      expect(await allIds({ q: '0%' })).toEqual([percent])
      expect(await allIds({ q: 'A_B' })).toEqual([underscore])
      expect(await allIds({ q: `'s "Q` })).toEqual([quoted])
      expect(await allIds({ q: 'k\\s' })).toEqual([quoted])
      expect(await allIds({ q: '","' })).toEqual([])
      expect(await allIds({ q: 'x'.repeat(100_000) })).toEqual([])
    })

    test('a scope leaves the jobs of its tasks, and those that one started', async () => {
      const product = await add({ taskType: 'catalog.product_import' })
      const prices = await add({ taskType: 'catalog.price_import', triggeredBy: 'api:ci' })
      const mine = await add({ taskType: 'demo.echo', triggeredBy: 'api:ci' })
      const lookalike = await add({ taskType: 'catalogxproduct_import' })
      const ids = async (tasks: string[], startedBy = 'manual:nobody') =>
        (await allIds({ scope: { tasks, startedBy } })).sort()
      expect(await ids(['catalog.*'])).toEqual([product, prices])
      expect(await ids(['catalog.product_import', 'demo.*'])).toEqual([product, mine])
      expect(await ids(['*_import'])).toEqual([product, prices, lookalike])
      expect(await ids(['catalog.product.import', 'catalog.product_impor', ''])).toEqual([])
      expect(await ids([], 'api:ci')).toEqual([prices, mine])
      expect(await ids(['catalog.product_*'], 'api:ci')).toEqual([product, prices, mine])
      expect(await ids([])).toEqual([])
      expect(await allIds({ scope: null })).toHaveLength(4)
      expect(await allIds({ scope: { tasks: ['catalog.*'], startedBy: 'api:ci' }, q: 'PRICE' })).toEqual([prices])
    })

    test('can be read from any place on, and counted up to a limit', async () => {
      const ids: string[] = []
      for (let index = 0; index < 5; index += 1) ids.unshift(await add({ taskType: index < 3 ? 'a.b' : 'c.d' }))
      await suite.store.requestCancel(ids[1] as string, 'x')
      const from = async (filter: JobFilter, offset: number, limit: number) =>
        (await suite.store.listFrom(filter, offset, limit)).map(({ id }) => id)
      expect(await from({}, 0, 2)).toEqual(ids.slice(0, 2))
      expect(await from({}, 3, 10)).toEqual(ids.slice(3))
      expect(await from({}, 5, 10)).toEqual([])
      expect(await from({ status: ['pending', 'cancelled'] }, 1, 2)).toEqual(ids.slice(1, 3))
      expect(await from({ taskType: 'a.b' }, 1, 5)).toEqual(ids.slice(3))
      expect(await suite.store.count({}, 10)).toEqual({ value: 5, isExact: true })
      expect(await suite.store.count({}, 5)).toEqual({ value: 5, isExact: true })
      expect(await suite.store.count({}, 4)).toEqual({ value: 4, isExact: false })
      expect(await suite.store.count({ status: ['pending', 'cancelled'], taskType: 'c.d' }, 9)).toEqual({
        value: 2,
        isExact: true,
      })
      expect(await suite.store.count({ status: ['pending', 'cancelled'] }, 4)).toEqual({ value: 4, isExact: false })
      expect(await suite.store.count({ q: 'no such' }, 4)).toEqual({ value: 0, isExact: true })
    })
  })
}
