import { describe, expect, test } from 'vitest'
import { JobCancelledError } from '../../errors.ts'
import type { Suite } from './suite.conformance.ts'

export function killing(suite: Suite): void {
  describe('an attempt that never comes back', () => {
    test('can be killed, and its slot is free', async () => {
      const pool = await suite.startPool()
      expect(pool.canKill).toBe(true)
      const { run } = await suite.startOne(pool, 'busy')
      run.kill()
      expect(await run.outcome).toMatchObject({ kind: 'released' })
      expect(await suite.outcome(pool, 'echo', 1)).toMatchObject({ kind: 'success', result: 1 })
    })

    test('does not keep the pool from stopping', async () => {
      const pool = await suite.startPool()
      const { run } = await suite.startOne(pool, 'busy')
      await pool.stop()
      expect(await run.outcome).toMatchObject({ kind: 'released' })
    })

    test('harms no attempt in another executor', async () => {
      const pool = await suite.startPool()
      const innocent = await suite.startOne(pool, 'obey')
      const { run } = await suite.startOne(pool, 'busy')
      run.kill()
      await run.outcome
      innocent.run.abort(new JobCancelledError('enough'))
      expect(await innocent.run.outcome).toMatchObject({ kind: 'cancelled' })
    })
  })

  test('an attempt whose executor cannot load is released, for it is not its fault', async () => {
    const missing = new URL('./missing-application.ts', import.meta.url).href
    const pool = suite.openPool({}, missing)
    expect(await suite.outcome(pool, 'echo')).toMatchObject({
      kind: 'released',
      reason: expect.stringContaining('missing-application.ts'),
    })
  })
}
