import { describe, expect, test } from 'vitest'
import type { NewJob } from '../store.ts'
import { aLine, anError, anItem, batch, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function hostileValues(suite: Suite): void {
  const { add, start, settle, job, allIds } = suite

  describe('hostile values', () => {
    const values: [string, unknown][] = [
      ['a NUL', { 'k\0ey': 'a\0b' }],
      ['a lone surrogate', ['\ud800', { '\udfff': 'x\ud83d' }]],
      ['__proto__ as a key', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
      ['large whole numbers', [2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e308, 5e-324]],
      ['a text of a million letters', 'ä'.repeat(1_000_000)],
      ['deep nesting', JSON.parse(`${'['.repeat(199)}1${']'.repeat(199)}`)],
      ['nothing', null],
      ['an empty text', ''],
    ]

    test.each(values)('%s survives in input, result, progress and log', async (_, raw) => {
      const value = raw as NewJob['input']
      const started = await start({ input: value })
      expect(JSON.stringify(started.input)).toBe(JSON.stringify(value))
      const report = { progress: { percent: 1, message: null, meta: value }, logs: [{ ...aLine('x'), fields: value }] }
      await suite.store.report([{ lease: leaseOf(started), report }])
      await settle(started, { status: 'completed', result: value })
      const record = await job(started.jobId)
      const line = (await suite.store.logs(started.jobId, { limit: 1 })).entries[0]
      for (const stored of [record.input, record.result, record.progressMeta, line?.fields]) {
        expect(JSON.stringify(stored)).toBe(JSON.stringify(value))
      }
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    })

    test('text that no database can hold is made storable wherever it comes from', async () => {
      const bad = 'a\0b\ud800c'
      const good = 'a\ufffdb\ufffdc'
      const started = await start({ tags: [bad], triggeredBy: bad })
      const lease = leaseOf(started)
      const logs = [{ ...aLine(bad), level: 'error' as const }]
      await suite.store.report([{ lease, report: { progress: { percent: 1, message: bad, meta: null }, logs } }])
      expect(await job(started.jobId)).toMatchObject({ tags: [good], triggeredBy: good, progressMessage: good })
      expect((await suite.store.logs(started.jobId, { limit: 1 })).entries[0]?.message).toBe(good)
      expect(await allIds({ tag: bad, triggeredBy: bad })).toEqual([started.jobId])
      await suite.store.recordItems(lease, {
        ...batch([anItem('k', 0, { ...anError(bad), type: bad })], { total: 1 }),
        message: bad,
      })
      expect((await suite.store.items(started.jobId, {}, { limit: 1 })).entries[0]).toMatchObject({
        errorType: good,
        errorMessage: good,
      })
      const changes = { warnings: [bad], error: { ...anError(bad), traceback: bad }, cancelReason: bad }
      await settle(started, { status: 'failed', ...changes })
      expect(await job(started.jobId)).toMatchObject({
        errorMessage: good,
        traceback: good,
        warnings: [good],
        cancelReason: good,
      })
      expect(await allIds({ q: bad })).toEqual([])
    })

    test('item keys and unique keys that differ stay different, however odd', async () => {
      const started = await start({ uniqueKey: 'a\ud800' })
      await add({ uniqueKey: 'a\ud801' })
      expect(await suite.store.insert([newJob({ uniqueKey: 'a\ud800' })])).toMatchObject([
        { activeJobId: started.jobId },
      ])
      const keys = ['a\ud800', 'a\ud801', 'a\0', 'a\ufffd', '__proto__', ' ', 'K'.repeat(500)]
      const outcomes = keys.map((key, position) => anItem(key, position))
      await suite.store.recordItems(leaseOf(started), batch(outcomes.slice(0, -1), { total: 7 }))
      expect((await suite.store.items(started.jobId, {}, { limit: 10 })).entries).toHaveLength(6)
      const settled = await suite.store.settledItems(leaseOf(started), keys)
      expect([...settled.keys()]).toEqual(keys.slice(0, -1))
      expect(settled.get('__proto__')).toBe('repeated')
    })

    test('very long texts are cut, with a mark', async () => {
      const started = await start()
      await settle(started, {
        status: 'failed',
        error: { ...anError('m'.repeat(50_000)), traceback: 't'.repeat(50_000) },
      })
      const record = await job(started.jobId)
      expect(record.errorMessage?.length).toBe(2000)
      expect(record.errorMessage).toContain('more)')
      expect(record.traceback?.length).toBe(16_000)
    })
  })
}
