import { describe, expect, test } from 'vitest'
import { JobCancelledError, LeaseLostError, ShutdownError } from '../../errors.ts'
import { ProbeRecorder, type Suite } from './suite.conformance.ts'

export function running(suite: Suite): void {
  describe('an attempt', () => {
    test('answers with what the task returned', async () => {
      const pool = await suite.startPool()
      const outcome = await suite.outcome(pool, 'echo', { text: 'hello' })
      expect(outcome).toEqual({ kind: 'success', result: { text: 'hello' }, warnings: [] })
    })

    test('begins', async () => {
      const pool = await suite.startPool()
      const run = suite.run(pool, 'echo')
      await run.started
      await run.outcome
    })

    test('answers with what the task threw', async () => {
      const pool = await suite.startPool()
      expect(await suite.outcome(pool, 'fail')).toMatchObject({
        kind: 'failure',
        transient: false,
        error: { type: 'RangeError', message: 'out of range', traceback: expect.stringContaining('out of range') },
      })
    })

    test('of a task that is not known fails with its name', async () => {
      const pool = await suite.startPool()
      const outcome = await suite.outcome(pool, 'absent')
      expect(outcome).toMatchObject({ kind: 'failure', error: { code: 'unknown_task' } })
    })

    test('tells its recorder of progress and log lines before it ends', async () => {
      const pool = await suite.startPool()
      const recorder = new ProbeRecorder()
      await suite.runWith(pool, suite.assign('tell'), recorder).outcome
      expect(recorder.reports.flatMap(({ logs }) => logs)).toMatchObject([
        { level: 'warn', message: 'careful', fields: { row: 3 } },
      ])
      const progress = { percent: 40, message: 'file 2 of 5', meta: { file: 'b' } }
      expect(recorder.reports.map((report) => report.progress).filter(Boolean)).toEqual([progress])
    })

    test('asks its recorder which items are settled, and has the others recorded', async () => {
      const pool = await suite.startPool()
      const recorder = new ProbeRecorder()
      recorder.settled.set('b', 'done')
      await suite.runWith(pool, suite.assign('items', ['a', 'b', 'c']), recorder).outcome
      const keys = recorder.batches.flatMap(({ outcomes }) => outcomes.map(({ key }) => key))
      expect(keys).toEqual(['a', 'c'])
    })

    test('learns that its recorder refused a write, and why', async () => {
      const pool = await suite.startPool()
      const recorder = new ProbeRecorder()
      recorder.refusal = new LeaseLostError()
      const outcome = await suite.runWith(pool, suite.assign('items', ['a', 'b']), recorder).outcome
      expect(outcome).toMatchObject({ kind: 'failure', error: { type: 'LeaseLostError', code: 'lease_lost' } })
    })

    test.each([
      ['cancelled', new JobCancelledError('changed my mind'), { kind: 'cancelled', reason: 'changed my mind' }],
      ['released', new ShutdownError(), { kind: 'released' }],
      ['failed', new LeaseLostError(), { kind: 'failure', error: { type: 'LeaseLostError' } }],
    ])('that is aborted is %s by the reason', async (_, reason, expected) => {
      const pool = await suite.startPool()
      const { run } = await suite.startOne(pool, 'wait')
      run.abort(reason)
      expect(await run.outcome).toMatchObject(expected)
    })

    test('may be aborted and still end well', async () => {
      const pool = await suite.startPool()
      const { run } = await suite.startOne(pool, 'obey')
      run.abort(new LeaseLostError())
      expect(await run.outcome).toMatchObject({ kind: 'success', result: { reason: 'LeaseLostError' } })
    })

    test('that is killed is released, and the pool goes on', async () => {
      const pool = await suite.startPool()
      const { run } = await suite.startOne(pool, 'obey')
      run.kill()
      expect(await run.outcome).toMatchObject({ kind: 'released' })
      expect(await suite.outcome(pool, 'echo', 1)).toMatchObject({ kind: 'success', result: 1 })
    })
  })

  describe('a pool', () => {
    test('opens the resources at its start, uses them again, and closes them when it stops', async () => {
      const pool = await suite.startPool()
      expect(suite.journal).toHaveLength(1)
      for (const input of [1, 2, 3]) await suite.outcome(pool, 'echo', input)
      await pool.stop()
      const [opened = ''] = suite.journal
      expect(suite.journal).toEqual([opened, opened.replace('opened', 'closed')])
    })

    test('refuses to start with an application that does not load, and names its file', async () => {
      const missing = new URL('./missing-application.ts', import.meta.url).href
      await expect(suite.openPool({}, missing).start()).rejects.toThrow('missing-application.ts')
    })

    test('releases what runs when it is stopped', async () => {
      const pool = await suite.startPool()
      const { run } = await suite.startOne(pool, 'obey')
      await pool.stop()
      expect(await run.outcome).toMatchObject({ kind: 'released' })
    })

    test('may be stopped twice', async () => {
      const pool = await suite.startPool()
      await pool.stop()
      await pool.stop()
    })
  })
}
