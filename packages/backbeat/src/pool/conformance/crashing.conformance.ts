import { describe, expect, test } from 'vitest'
import { ShutdownError } from '../../errors.ts'
import type { Suite } from './suite.conformance.ts'

export function crashing(suite: Suite): void {
  describe('an executor that dies of its only attempt', () => {
    test.each([
      ['throw', 'nobody caught this'],
      ['reject', 'nobody awaited this'],
    ])('gives it the error that nobody caught: %s', async (task, message) => {
      const pool = await suite.startPool()
      expect(await suite.outcome(pool, task)).toMatchObject({
        kind: 'failure',
        transient: false,
        error: { type: 'RangeError', message },
      })
    })

    test('counts the attempt as lost when it exits', async () => {
      const pool = await suite.startPool()
      expect(await suite.outcome(pool, 'exit')).toMatchObject({ kind: 'lost', reason: expect.stringContaining('3') })
    })

    test('is replaced', async () => {
      const pool = await suite.startPool()
      await suite.outcome(pool, 'throw')
      expect(await suite.outcome(pool, 'echo', 1)).toMatchObject({ kind: 'success', result: 1 })
    })
  })

  describe('an executor that dies with several attempts in it', () => {
    test.each([
      ['throw', { kind: 'failure', error: { message: 'nobody caught this' } }],
      ['reject', { kind: 'failure', error: { message: 'nobody awaited this' } }],
      ['exit', { kind: 'lost' }],
    ])('blames the one whose code it was, and releases its neighbours: %s', async (task, expected) => {
      const pool = await suite.startPool({ jobsPerExecutor: 3 })
      const neighbours = [await suite.startOne(pool, 'obey'), await suite.startOne(pool, 'obey')]
      const guilty = await suite.outcome(pool, task)
      expect(guilty).toMatchObject(expected)
      for (const { run } of neighbours) expect(await run.outcome).toMatchObject({ kind: 'released' })
    })

    test('blames no neighbour for what an attempt that has ended left behind', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 2 })
      const neighbour = await suite.startOne(pool, 'obey')
      expect(await suite.outcome(pool, 'stray')).toMatchObject({ kind: 'success', result: 'ended well' })
      expect(await neighbour.run.outcome).toMatchObject({ kind: 'released' })
    })

    test('releases all of them where nothing shows whose doing it was, then runs each alone until it shows', async () => {
      const pool = await suite.startPool({ jobsPerExecutor: 3 })
      const first = await suite.startOne(pool, 'obey')
      const second = await suite.startOne(pool, 'obey')
      expect(first.executor).toBe(second.executor)
      const saboteur = suite.assign('sabotage')
      const run = suite.outcome
      const sabotage = () => run(pool, 'sabotage', null, { ...saboteur, delivery: 2 })

      const sabotaged = await run(pool, 'sabotage', null, saboteur)
      expect([sabotaged, await first.run.outcome, await second.run.outcome]).toMatchObject([
        { kind: 'released' },
        { kind: 'released' },
        { kind: 'released' },
      ])

      const again = [
        await suite.startOne(pool, 'obey', { ...first.assignment, delivery: 2 }),
        await suite.startOne(pool, 'obey', { ...second.assignment, delivery: 2 }),
      ]
      expect(new Set(again.map(({ executor }) => executor)).size).toBe(2)
      expect(await sabotage()).toMatchObject({ kind: 'failure', error: { message: 'sabotage' } })
      for (const { run } of again) {
        run.abort(new ShutdownError())
        expect(await run.outcome).toMatchObject({ kind: 'success', result: { reason: 'ShutdownError' } })
      }
    })
  })
}
