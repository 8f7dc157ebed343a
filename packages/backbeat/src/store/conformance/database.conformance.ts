import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import { newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function theDatabase(suite: Suite): void {
  const { openOne, add, job } = suite

  describe('the database', () => {
    test('migrating again changes nothing, and many may do it at once', async () => {
      const id = await add()
      await suite.store.migrate()
      expect((await job(id)).id).toBe(id)
      const fresh = await openOne()
      const others = await Promise.all(Array.from({ length: 5 }, () => openOne(fresh.url)))
      await Promise.all([fresh, ...others].map((each) => each.migrate()))
      expect(await others[0]?.insert([newJob()])).toMatchObject([{ inserted: true }])
      expect((await fresh.list({}, { limit: 5 })).entries).toHaveLength(1)
    })

    test('using a store before its tables exist says what to do', async () => {
      const fresh = await openOne()
      await expect(fresh.insert([newJob()])).rejects.toMatchObject({ code: 'store_not_migrated' })
      await expect(fresh.get(v7())).rejects.toMatchObject({ code: 'store_not_migrated' })
    })

    test('its url opens the same store again', async () => {
      const id = await add()
      const again = await openOne(suite.store.url)
      await again.migrate()
      expect((await again.get(id))?.id).toBe(id)
      expect(again.url).toBe(suite.store.url)
      await again.close()
      expect((await job(id)).id).toBe(id)
    })

    test('it answers that it can be written to', async () => {
      await expect(suite.store.ping()).resolves.toBeUndefined()
    })

    test('once closed, which may be done twice, it refuses with a code', async () => {
      const other = await openOne(suite.store.url)
      await other.close()
      await other.close()
      await expect(other.ping()).rejects.toMatchObject({ code: 'store_closed' })
      await expect(other.list({}, { limit: 1 })).rejects.toMatchObject({ code: 'store_closed' })
    })
  })
}
