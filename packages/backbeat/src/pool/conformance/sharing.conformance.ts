import { describe, expect, test } from 'vitest'
import { LeaseLostError, ShutdownError } from '../../errors.ts'
import { ProbeRecorder, type Suite } from './suite.conformance.ts'

export function sharing(suite: Suite): void {
  describe('attempts', () => {
    test('have an executor to themselves, unless it is said how many may share one', async () => {
      const pool = await suite.startPool()
      const first = await suite.startOne(pool, 'obey')
      const second = await suite.startOne(pool, 'obey')
      expect(first.executor).not.toBe(second.executor)
    })

    test('share an executor up to the number given', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 2 })
      const first = await suite.startOne(pool, 'obey')
      const second = await suite.startOne(pool, 'obey')
      const third = await suite.startOne(pool, 'obey')
      expect(second.executor).toBe(first.executor)
      expect(third.executor).not.toBe(first.executor)
    })

    test('in one executor are aborted one by one, also two deliveries of one job', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 3 })
      const first = await suite.startOne(pool, 'obey')
      const second = await suite.startOne(pool, 'obey', { ...first.assignment, delivery: 2 })
      first.run.abort(new LeaseLostError())
      expect(await first.run.outcome).toMatchObject({ result: { reason: 'LeaseLostError' } })
      second.run.abort(new ShutdownError())
      expect(await second.run.outcome).toMatchObject({ result: { reason: 'ShutdownError' } })
    })

    test('in one executor each have their own recorder', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 3 })
      const recorders = [new ProbeRecorder(), new ProbeRecorder()]
      const inputs = [
        ['a', 'b'],
        ['c', 'd'],
      ]
      const runs = recorders.map((recorder, index) =>
        suite.runWith(pool, suite.assign('items', inputs[index] ?? []), recorder),
      )
      for (const { outcome } of runs) expect(await outcome).toMatchObject({ kind: 'success' })
      const keys = recorders.map(({ batches }) => batches.flatMap(({ outcomes }) => outcomes.map(({ key }) => key)))
      expect(keys).toEqual(inputs)
    })

    test('of which one is killed are all released', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 2 })
      const neighbour = await suite.startOne(pool, 'obey')
      const { run } = await suite.startOne(pool, 'busy')
      run.kill()
      expect(await run.outcome).toMatchObject({ kind: 'released' })
      expect(await neighbour.run.outcome).toMatchObject({ kind: 'released' })
    })

    test('of a job that was lost before have an executor to themselves', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 2 })
      const first = await suite.startOne(pool, 'obey')
      const lostBefore = await suite.startOne(pool, 'obey', { redeliveries: 1 })
      expect(lostBefore.executor).not.toBe(first.executor)
    })
  })
}
