import { describe, expect, test } from 'vitest'
import { NEXT_VERSION } from '../src/store/conformance/versions.conformance.ts'
import { databases } from './databases.ts'
import { readEffects } from './effects.ts'
import { expectSound, prepare } from './expectations.ts'
import { jobOf } from './load.ts'
import { conclude } from './trial.ts'
import { until } from './waiting.ts'

describe.each(await databases())('$name: a rolling upgrade', (kind) => {
  test('under load: workers of the old version and of the new one finish every job together', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 51 })
    const { database, fleet, load, effects } = ground
    const steps = NEXT_VERSION.map(({ version }) => version)
    const slow = () => jobOf('faults.items', { effects, count: 60, batch: 10, ms: 50 })
    await load.insert(Array.from({ length: 3 }, slow))
    load.start(30)
    await until('jobs run', async () => (await ground.running()) > 2)
    const inFlight = await ground.running()
    const old = fleet.pids()
    expect(await database.version()).toBeLessThan(Math.max(...steps))

    const upgrading = fleet.addOne('next')
    const isUpgraded = async () => (await database.version()) === Math.max(...steps)
    await until('the schema is the next one', isUpgraded)
    const upgradedAt = Date.now()
    const late = await fleet.addOne()
    const workers = [...old, await upgrading, late]
    const working = () => new Set(readEffects(effects).flatMap(({ pid, at }) => (at > upgradedAt ? [pid] : [])))
    await until('all of them work on it', () => workers.every((pid) => working().has(pid)))
    await load.stop()

    const fault = { name: 'rolling upgrade, migrating under load', mayLeave: [] }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight }))
    expect(fleet.pids().toSorted()).toEqual(workers.toSorted())
  })
})
