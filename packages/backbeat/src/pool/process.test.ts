import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Suite } from './conformance/suite.conformance.ts'
import { describePool, type OpenPool } from './pool.conformance.ts'
import { ProcessPool } from './process.ts'

const entry = new URL('../entry/executor-process.ts', import.meta.url)

const open: OpenPool = (module, { maxHeapBytes = null, ...options }) =>
  new ProcessPool(
    { entry, module, storeUrl: 'sqlite::memory:', maxHeapBytes },
    { jobsPerExecutor: 1, recycleJobs: null, recycleBytes: null, logger: pino({ level: 'silent' }), ...options },
  )

describePool('the process pool', open, { isApart: true })

describe('an executor process', () => {
  const suite = new Suite(open)
  beforeEach(() => suite.begin())
  afterEach(() => suite.end())

  test('that is killed from outside loses the attempt that it had to itself', async () => {
    const pool = await suite.startPool()
    const { run, executor } = await suite.startOne(pool, 'obey')
    process.kill(pidOf(executor), 'SIGKILL')
    expect(await run.outcome).toMatchObject({ kind: 'lost', reason: expect.stringContaining('SIGKILL') })
  })

  test('that is killed from outside releases attempts that shared it', async () => {
    const pool = await suite.startPool({ jobsPerExecutor: 2 })
    const runs = [await suite.startOne(pool, 'obey'), await suite.startOne(pool, 'obey')]
    process.kill(pidOf(runs[0]?.executor), 'SIGKILL')
    for (const { run } of runs) expect(await run.outcome).toMatchObject({ kind: 'released' })
  })

  test('that runs out of memory loses its attempt and nothing else', async () => {
    const pool = await suite.startPool({ maxHeapBytes: 48 * 1024 ** 2 })
    const neighbour = await suite.startOne(pool, 'wait')
    expect(await suite.outcome(pool, 'overflow')).toMatchObject({ kind: 'lost' })
    neighbour.run.kill()
    expect(await neighbour.run.outcome).toMatchObject({ kind: 'released' })
  })

  test('leaves it to the worker what a signal to the process group means', async () => {
    const pool = await suite.startPool()
    const executor = await suite.outcome(pool, 'identify')
    const pid = pidOf(executor.kind === 'success' ? executor.result : null)
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGTERM')
    expect(await suite.outcome(pool, 'identify')).toEqual(executor)
  })
})

function pidOf(executor: unknown): number {
  return Number(String(executor).split(':')[0])
}
