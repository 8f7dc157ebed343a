import { describe, expect, test } from 'vitest'
import { anAuditEntry } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const DAY_MS = 24 * 3_600_000

/** What people and programs changed. */
export function auditLog(suite: Suite): void {
  const records = () => suite.store.access

  describe('the audit log', () => {
    test('says who changed what, newest first, in pages that join', async () => {
      for (let count = 1; count <= 5; count++) {
        await records().recordAudit(anAuditEntry({ subject: `user:${count}`, after: { role: 'viewer' } }))
      }
      const first = await records().auditLog({}, { limit: 3 })
      expect(first.entries[0]).toEqual({
        ...anAuditEntry({ subject: 'user:5', after: { role: 'viewer' } }),
        id: expect.any(Number),
        at: suite.clock.now(),
      })
      await records().recordAudit(anAuditEntry({ subject: 'user:6' }))
      const second = await records().auditLog({}, { limit: 3, cursor: first.nextCursor as string })
      expect([...first.entries, ...second.entries].map(({ subject }) => subject)).toEqual(
        [5, 4, 3, 2, 1].map((number) => `user:${number}`),
      )
      expect(second.nextCursor).toBeNull()
      await expect(records().auditLog({}, { limit: 1, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_cursor' })
    })

    test('loses its oldest entries after their time, a bounded number at once', async () => {
      expect(await records().pruneAudit(DAY_MS)).toBe(0)
      for (let count = 0; count < 1003; count++) await records().recordAudit(anAuditEntry({ subject: 'user:old' }))
      suite.clock.advance('1h')
      await records().recordAudit(anAuditEntry({ subject: 'user:young' }))
      suite.clock.advance('23h')
      expect(await records().pruneAudit(DAY_MS)).toBe(0)
      suite.clock.advance('1s')
      const pruned = await Promise.all([records().pruneAudit(DAY_MS), records().pruneAudit(DAY_MS)])
      expect(Math.max(...pruned)).toBe(1000)
      while ((await records().pruneAudit(DAY_MS)) > 0);
      expect((await records().auditLog({}, { limit: 10 })).entries.map(({ subject }) => subject)).toEqual([
        'user:young',
      ])
    })

    test('is filtered by who, what and to what', async () => {
      await records().recordAudit(anAuditEntry({ actor: 'api:ci', action: 'job.cancel', subject: 'job:1' }))
      await records().recordAudit(anAuditEntry({ actor: 'api:ci', action: 'job.retry', subject: 'job:2' }))
      await records().recordAudit(anAuditEntry({ actor: 'manual:ana', action: 'job.retry', subject: 'job:1' }))
      const subjects = async (filter: object) =>
        (await records().auditLog(filter, { limit: 10 })).entries.map(({ subject }) => subject)
      expect(await subjects({ actor: 'api:ci' })).toEqual(['job:2', 'job:1'])
      expect(await subjects({ action: 'job.retry' })).toEqual(['job:1', 'job:2'])
      expect(await subjects({ subject: 'job:1', actor: 'api:ci' })).toEqual(['job:1'])
      expect(await subjects({ actor: 'API:ci' })).toEqual([])
    })

    test('takes any text', async () => {
      await records().recordAudit(
        anAuditEntry({ actor: 'a\0b\ud800', subject: 'x'.repeat(100_000), address: 'y'.repeat(9999) }),
      )
      const [entry] = (await records().auditLog({}, { limit: 1 })).entries
      expect(entry?.actor).toBe('a\ufffdb\ufffd')
      expect(entry?.subject.length).toBeLessThan(2000)
    })
  })
}
