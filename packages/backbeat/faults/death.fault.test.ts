import { describe, test } from 'vitest'
import { databases } from './databases.ts'
import { expectSound, prepare } from './expectations.ts'
import { jobOf } from './load.ts'
import { conclude, tryFault } from './trial.ts'
import { until } from './waiting.ts'
import { killWorker, stopWorker } from './worker-faults.ts'

describe.each(await databases())('$name: a worker process that dies', (kind) => {
  test('is killed at any moment under load: its jobs go on elsewhere', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 11 })
    expectSound(context, ground, await tryFault(ground, killWorker, { times: 8 }))
    await ground.database.check()
  })

  test.for([
    { moment: 'when a task begins', input: { dieAt: 'first_line' } },
    { moment: 'when a task is done and has not returned', input: { dieAt: 'before_return' } },
    { moment: 'while the outcome is written', input: { dieAt: 'after_return' } },
  ] as const)('dies $moment', async ({ moment, input }, context) => {
    const ground = await prepare(kind, { workers: 2 })
    const deaths = Array.from({ length: 6 }, (_, index) => {
      // Spread over the time that an outcome takes to be written: some before, some after.
      return jobOf('faults.work', { effects: ground.effects, ms: 20, ...input, dieAfterMs: index * 3 })
    })
    await ground.load.add(10)
    await ground.load.insert(deaths)
    await ground.load.add(10)
    const fault = { name: `kill -9 ${moment}`, mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: deaths.length, inFlight: deaths.length }))
  })

  test('dies between the effect of an item and its record: the item is done again, and counted once', async (context) => {
    const ground = await prepare(kind, { workers: 2 })
    const deaths = [0, 9, 10, 25, 39].map((dieAtItem) =>
      jobOf('faults.items', { effects: ground.effects, count: 40, batch: 10, ms: 2, dieAtItem }),
    )
    await ground.load.insert(deaths)
    const fault = { name: 'kill -9 between an item and its record', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: deaths.length, inFlight: deaths.length }))
  })

  test('is asked to stop in mid-job, under load: no attempt fails, and no redelivery is counted', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 12 })
    const trial = await tryFault(ground, stopWorker, { times: 6 })
    expectSound(context, ground, trial)
  })

  test('leaves with all of the others at once: work goes on when they are back', async (context) => {
    const ground = await prepare(kind, { workers: 2 })
    ground.load.start(20)
    await until('jobs run', async () => (await ground.running()) > 2)
    const inFlight = await ground.running()
    const pids = ground.fleet.pids()
    await Promise.all(pids.map((pid) => ground.fleet.kill(pid)))
    await ground.fleet.whole()
    await ground.load.stop()
    const fault = { name: 'kill -9 of every worker at once', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: pids.length, inFlight }))
  })
})
