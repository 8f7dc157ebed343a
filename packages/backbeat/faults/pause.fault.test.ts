import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { type Effect, readEffects } from './effects.ts'
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
    const { refused: counted } = await fleet.stats(paused)
    expect(counted.outcomes + counted.renewals + counted.reports + counted.items).toBeGreaterThanOrEqual(jobs.length)
    const fault = { name: 'late progress, log, items and outcomes', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight: jobs.length }))

    for (const [index, { id }] of jobs.entries()) {
      expect(await store.get(id)).toMatchObject({ status: 'completed', result: { pid: taker }, redeliveries: 1 })
      const lines = (await store.logs(id, { limit: 10 })).entries.map(({ message }) => message)
      expect(lines).toEqual(says[index] === 'report' ? [`told by ${taker}`] : [])
    }
  })

  test('with its outcomes on their way has them refused, and counts them', async (context) => {
    // Where the database waits for a lock, it gives up sooner than SQLite's store does, which waits for ten seconds.
    const workerUrl = (url: string) => (kind.name === 'Postgres' ? `${url}?timeout=3s` : url)
    const ground = await prepare(kind, { workers: 1, workerUrl })
    const { store, fleet, effects, load, database } = ground
    const gate = join(ground.folder, 'gate')
    const jobs = Array.from({ length: 3 }, () => jobOf('faults.gated', { effects, gate, says: 'nothing' }))
    await load.insert(jobs)
    const count = (kind: Effect['kind']) => readEffects(effects).filter((effect) => effect.kind === kind).length
    await until('the jobs run', () => count('began') === jobs.length)
    const [paused = 0] = fleet.pids()

    // The tasks end while nothing can be written. That it waits to write their outcomes, the worker says in its log.
    const letWrite = await database.holdWrites()
    writeFileSync(`${gate}.${paused}`, '')
    await until('the tasks have ended', () => count('ended') === jobs.length)
    await until('the worker waits', () => fleet.log().includes('Outcomes could not be written; trying again'))
    fleet.pause(paused)
    await letWrite()
    await fleet.addOne()
    await until('another worker has taken them over', () => count('began') === 2 * jobs.length)
    const [taker = 0] = fleet.pids()
    fleet.resume(paused)

    const isRefusal = (line: string, id: string) =>
      line.includes(id) && line.includes('outcome of an attempt was refused')
    for (const { id } of jobs) {
      const refusal = () =>
        fleet
          .log()
          .split('\n')
          .find((line) => isRefusal(line, id))
      await until('the refusal is logged', () => refusal() !== undefined)
      expect(JSON.parse(refusal() ?? '{}')).toMatchObject({ pid: paused, job_id: id })
      expect(await store.get(id)).toMatchObject({ status: 'running', result: null, redeliveries: 1 })
    }
    expect(await fleet.stats(paused)).toMatchObject({ claimed: 3, settled: 0, refused: { outcomes: 3 } })
    writeFileSync(`${gate}.${taker}`, '')
    const fault = { name: 'late outcomes that were on their way', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight: jobs.length }))
    expect(await fleet.stats(taker)).toMatchObject({ claimed: 3, settled: 3, rescued: 3, refused: { outcomes: 0 } })
  })
})
