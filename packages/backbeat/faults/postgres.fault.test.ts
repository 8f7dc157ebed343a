import { describe, expect, onTestFinished, test } from 'vitest'
import { postgresOn } from './databases.ts'
import { expectSound, prepare } from './expectations.ts'
import { jobOf } from './load.ts'
import { holdSnapshot, restartServer, serverSilent, terminateBackends } from './postgres-faults.ts'
import { databaseUrl, postgresServer } from './postgres-server.ts'
import { SilentProxy } from './silent-proxy.ts'
import { conclude, tryFault } from './trial.ts'
import { sleep } from './waiting.ts'

const server = await postgresServer()

describe.skipIf(!server)('Postgres', () => {
  const here = server ?? { url: '', restart: null }
  const kind = postgresOn(here)

  test('ends every session in mid-transaction, under load: all goes on', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 41 })
    const slow = () => jobOf('faults.items', { effects: ground.effects, count: 60, batch: 10, ms: 50 })
    await ground.load.insert(Array.from({ length: 3 }, slow))
    const trial = await tryFault(ground, terminateBackends, { times: 8 })
    expectSound(context, ground, trial)
    expect(Object.keys(ground.load.refusals).filter((code) => code !== 'store_unavailable')).toEqual([])
  })

  test('is restarted every few seconds, under load: all goes on', async (context) => {
    if (!here.restart) return context.skip('The server is not ours to restart; run this without DATABASE_URL')
    const ground = await prepare(kind, { workers: 2, seed: 42 })
    const slow = () => jobOf('faults.items', { effects: ground.effects, count: 60, batch: 10, ms: 50 })
    await ground.load.insert(Array.from({ length: 3 }, slow))
    expectSound(context, ground, await tryFault(ground, restartServer, { times: 4, betweenMs: [1500, 3000] }))
  })

  test('accepts and never answers: every call gives up in time, and all goes on', async (context) => {
    const { hostname, port } = new URL(here.url)
    const proxy = await SilentProxy.before(hostname, Number(port || 5432))
    onTestFinished(() => proxy.close())
    const ground = await prepare(kind, {
      workers: 2,
      seed: 43,
      workerUrl: (url) => {
        const through = new URL(url)
        through.hostname = '127.0.0.1'
        through.port = String(proxy.port)
        through.searchParams.set('timeout', '1s')
        return through.href
      },
    })
    const slow = () => jobOf('faults.items', { effects: ground.effects, count: 60, batch: 10, ms: 50 })
    await ground.load.insert(Array.from({ length: 3 }, slow))
    expectSound(
      context,
      ground,
      await tryFault(ground, serverSilent(proxy, 4000), { times: 2, betweenMs: [1000, 2000] }),
    )
    expect(ground.fleet.log()).toMatch(/store_timeout|store_unavailable|store_busy/)
  })

  test('cannot LISTEN, as behind a transaction pooler: polling does', async (context) => {
    const listenless = (url: string) => databaseUrl(url, new URL(url).pathname.slice(1), { listen: 'false' })
    const ground = await prepare(kind, { workers: 2, workerUrl: listenless })
    ground.load.start(20)
    await sleep(3000)
    await ground.load.stop()
    const fault = { name: 'Postgres: no LISTEN', mayLeave: [] }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight: await ground.running() }))
  })

  test('has a long foreign transaction that holds back vacuum: all goes on', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 45 })
    const letGo = await holdSnapshot(ground)
    onTestFinished(letGo)
    ground.load.start(40)
    await sleep(5000)
    const inFlight = await ground.running()
    await ground.load.stop()
    const fault = { name: 'Postgres: long foreign transaction', mayLeave: [] }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight }))
  })
})
