import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { Suite } from './suite.conformance.ts'

const DAY_MS = 24 * 3_600_000

/** Requests that are sent again under their key. */
export function requests(suite: Suite): void {
  const records = () => suite.store.access

  describe('a request that may be sent again', () => {
    const times = { keepMs: DAY_MS, patienceMs: 60_000 }
    const reserve = (overrides: { fingerprint?: string; jobId?: string } = {}) =>
      records().reserveRequest({ key: 'k', fingerprint: 'f', jobId: v7(), ...overrides }, times)

    test('is one reservation, however many come at once', async () => {
      const all = await Promise.all(Array.from({ length: 20 }, () => reserve()))
      expect(all.filter(({ kind }) => kind === 'reserved')).toHaveLength(1)
      expect(all.filter(({ kind }) => kind === 'in_progress')).toHaveLength(19)
    })

    test('that is done answers the same job; another under its key is a mistake', async () => {
      const jobId = v7()
      expect(await reserve({ jobId })).toEqual({ kind: 'reserved', jobId })
      expect(await reserve({ fingerprint: 'other' })).toEqual({ kind: 'other_request' })
      await records().finishRequest('k', 'another-job')
      expect(await reserve()).toEqual({ kind: 'done', jobId: 'another-job' })
      expect(await reserve({ fingerprint: 'other' })).toEqual({ kind: 'other_request' })
      await records().releaseRequest('k')
      expect(await reserve()).toMatchObject({ kind: 'done' })
    })

    test('that nobody finished is handed out again, once, under the same id', async () => {
      const jobId = v7()
      await reserve({ jobId })
      suite.clock.advance('60s')
      const all = await Promise.all([reserve(), reserve(), reserve()])
      expect(all.filter(({ kind }) => kind === 'reserved')).toEqual([{ kind: 'reserved', jobId }])
    })

    test('is free again once it was released, or after its time', async () => {
      await reserve()
      await records().releaseRequest('k')
      expect(await reserve({ fingerprint: 'other' })).toMatchObject({ kind: 'reserved' })
      await records().finishRequest('k', v7())
      suite.clock.advance('24h')
      expect(await reserve()).toMatchObject({ kind: 'reserved' })
    })
  })
}
