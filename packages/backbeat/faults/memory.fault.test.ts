import { describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { expectSound, prepare } from './expectations.ts'
import { jobOf } from './load.ts'
import { conclude } from './trial.ts'

describe.each(await databases())('$name: a job that is poison', (kind) => {
  test('fills its memory: it ends stuck, its neighbours complete, and its worker lives', async (context) => {
    const ground = await prepare(kind, { workers: 1, nodeFlags: ['--max-old-space-size=200'] })
    const { fleet, load, store, effects } = ground
    const before = fleet.pids()
    const pill = jobOf('faults.glutton', {}, { maxRedeliveries: 1, priority: 1 })
    const neighbours = Array.from({ length: 4 }, () => jobOf('faults.work', { effects, ms: 1500 }))
    await load.insert([pill, ...neighbours])
    const fault = { name: 'out of memory', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 2, inFlight: 4 }))

    expect(await store.get(pill.id)).toMatchObject({ status: 'stuck', errorType: 'WorkerLostError', redeliveries: 1 })
    expect((await store.attempts(pill.id)).map(({ outcome }) => outcome)).toEqual(['lost', 'lost'])
    for (const { id } of neighbours) {
      expect(await store.get(id)).toMatchObject({ status: 'completed', redeliveries: 0 })
    }
    expect(fleet.pids()).toEqual(before)
  })

  test('ends the whole process: it ends stuck, and work goes on', async (context) => {
    const ground = await prepare(kind, { workers: 2 })
    const { load, store, effects } = ground
    const pill = jobOf('faults.poison', {}, { maxRedeliveries: 2, priority: 1 })
    await load.insert([pill, ...Array.from({ length: 12 }, () => jobOf('faults.work', { effects, ms: 300 }))])
    const fault = { name: 'a job that ends its process', mayLeave: ['lost', 'released'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 3, inFlight: 6 }))
    expect(await store.get(pill.id)).toMatchObject({ status: 'stuck', redeliveries: 2 })
  })

  test('ends the whole process: the neighbours that it takes along do not end stuck with it', async (context) => {
    const ground = await prepare(kind, { workers: 1, concurrency: 3 })
    const { load, store, effects } = ground
    const pill = jobOf('faults.poison', {}, { maxRedeliveries: 2, priority: 1 })
    const neighbours = [1, 2].map(() => jobOf('faults.work', { effects, ms: 500 }, { maxRedeliveries: 2 }))
    await load.insert([pill, ...neighbours])
    const fault = { name: 'a job that ends its process, neighbours', mayLeave: ['lost', 'released'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 3, inFlight: 6 }))
    for (const { id } of neighbours) expect((await store.get(id))?.status).toBe('completed')
  })
})
