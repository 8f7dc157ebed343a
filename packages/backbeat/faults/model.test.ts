import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { task } from '../src/task/define.ts'
import { TaskRegistry } from '../src/task/registry.ts'
import { ManualClock } from '../src/testing/manual-clock.ts'
import { jobOf } from './load.ts'
import { lives } from './model/commands.ts'
import { Life } from './model/life.ts'
import { LifeModel } from './model/model.ts'
import { timedStores } from './timed-stores.ts'

const MAX_ATTEMPTS = 3
const MAX_REDELIVERIES = 1
/** So many lives, or as many as there is time for: on a busy machine each takes Postgres a good part of a second. */
const RUNS = 300
const LIMIT_MS = 120_000

const registry = new TaskRegistry()
registry.add(
  task({
    name: 'faults.life',
    input: z.any(),
    retry: { times: MAX_ATTEMPTS - 1 },
    redeliver: MAX_REDELIVERIES,
    run: () => null,
  }),
  'this test',
)

describe.each(await timedStores())('$name: a job', ({ open }) => {
  test('lives as its model says, whatever happens in whatever order', async () => {
    const seen = new Set<string>()
    const property = fc.asyncProperty(lives, async (commands) => {
      const clock = new ManualClock()
      const store = await open(clock)
      try {
        await store.migrate()
        const job = jobOf('faults.life', {}, { maxAttempts: MAX_ATTEMPTS, maxRedeliveries: MAX_REDELIVERIES })
        await store.insert([job])
        const model = new LifeModel(job, clock.now())
        const life = new Life(store, registry, clock)
        await life.expectAsModelled(model)
        await fc.asyncModelRun(() => ({ model, real: life }), commands)
        for (const { status } of [model.current, ...model.retried]) seen.add(status)
      } finally {
        await store.close()
      }
    })
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: LIMIT_MS })
    // A model that never gets anywhere proves nothing.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['cancelled', 'completed', 'completed_with_warnings', 'failed', 'stuck']),
    )
  })
})
