import { describe, expect, test } from 'vitest'
import { ShutdownError } from '../../errors.ts'
import type { Pool } from '../pool.ts'
import type { Suite } from './suite.conformance.ts'

const MIB = 1024 ** 2

export function recycling(suite: Suite): void {
  const resultOf = async (pool: Pool, task: string) => {
    const outcome = await suite.outcome(pool, task)
    return outcome.kind === 'success' ? outcome.result : outcome
  }

  describe('an executor', () => {
    test('is replaced after the number of jobs given, and closes its resources', async () => {
      const pool = await suite.startPool({ recycleJobs: 2 })
      const executors = [
        await resultOf(pool, 'identify'),
        await resultOf(pool, 'identify'),
        await resultOf(pool, 'identify'),
      ]
      expect(executors[1]).toBe(executors[0])
      expect(executors[2]).not.toBe(executors[0])
      await pool.stop()
      expect(suite.journal).toContain(`closed ${executors[0]}`)
    })

    test('is replaced when it uses more memory than given, and not before', async () => {
      const pool = await suite.startPool({ recycleBytes: 250 * MIB })
      const modest = await resultOf(pool, 'identify')
      const hoarder = await resultOf(pool, 'hoard')
      const next = await resultOf(pool, 'identify')
      expect(hoarder).toBe(modest)
      expect(next).not.toBe(hoarder)
    })

    test('is never replaced in the middle of an attempt', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 2, recycleJobs: 2 })
      const long = await suite.startOne(pool, 'obey')
      expect(await resultOf(pool, 'identify')).toBe(long.executor)
      expect(await resultOf(pool, 'identify')).not.toBe(long.executor)
      long.run.abort(new ShutdownError())
      expect(await long.run.outcome).toMatchObject({ kind: 'success', result: { executor: long.executor } })
    })
  })
}
