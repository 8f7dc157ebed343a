import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { readEffects } from './effects.ts'
import { expectSound, prepare } from './expectations.ts'
import { jobOf } from './load.ts'
import { conclude, tryFault } from './trial.ts'
import { until } from './waiting.ts'
import { pauseWorker } from './worker-faults.ts'

describe.each(await databases())('$name: a worker process that stands still past its lease', (kind) => {
  test('goes on as if nothing had happened, under load: what it lost stays lost to it', async (context) => {
    const ground = await prepare(kind, { workers: 3, seed: 21 })
    const trial = await tryFault(ground, pauseWorker, { times: 5 })
    expectSound(context, ground, trial)
  })

  test('has its late progress, log, items and outcomes refused, and says so', async (context) => {
    const ground = await prepare(kind, { workers: 1, concurrency: 9 })
    const { store, fleet, effects, load } = ground
    const gate = join(ground.folder, 'gate')
    // Many that say nothing before their outcome: some are faster than the heartbeat, which finds out too.
    const says = ['report', 'item', ...Array.from({ length: 7 }, () => 'nothing')]
    const jobs = says.map((what) => jobOf('faults.gated', { effects, gate, says: what }))
    const runs = () => new Set(readEffects(effects).map(({ run }) => run)).size
    await load.insert(jobs)
    await until('the jobs run', () => runs() === jobs.length)
    const [paused = 0] = fleet.pids()
    fleet.pause(paused)
    await fleet.addOne()
    await until('another worker has taken them over', () => runs() === 2 * jobs.length)
    const [taker = 0] = fleet.pids()
    expect(taker).not.toBe(paused)
    // The gate is open when it wakes, so that it tells all it has at once, while the jobs are another's.
    writeFileSync(`${gate}.${paused}`, '')
    fleet.resume(paused)
    const refused = (id: string) => fleet.log().match(new RegExp(`.*${id}.*refused.*`))?.[0]
    for (const { id } of jobs) {
      await until('the refusal is logged', () => refused(id) !== undefined)
      expect(JSON.parse(refused(id) ?? '{}')).toMatchObject({ pid: paused, job_id: id })
      expect(await store.get(id)).toMatchObject({ status: 'running', result: null, items: { processed: 0 } })
    }
    writeFileSync(`${gate}.${taker}`, '')
    const fault = { name: 'late progress, log, items and outcomes', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight: jobs.length }))

    for (const [index, { id }] of jobs.entries()) {
      expect(await store.get(id)).toMatchObject({ status: 'completed', result: { pid: taker }, redeliveries: 1 })
      const lines = (await store.logs(id, { limit: 10 })).entries.map(({ message }) => message)
      expect(lines).toEqual(says[index] === 'report' ? [`told by ${taker}`] : [])
    }
  })
})
