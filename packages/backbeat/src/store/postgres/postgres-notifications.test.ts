import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { changesTo, LEASE_MS, newJob } from '../conformance/fixtures.conformance.ts'
import type { StoreChange } from '../store.ts'
import { openPostgresStore } from './open.ts'
import type { PostgresStore } from './postgres-store.ts'

const postgres = usePostgres()

async function open(url: string, clock?: ManualClock): Promise<PostgresStore> {
  const store = await openPostgresStore(url, clock ? { clock } : {})
  onTestFinished(() => store.close())
  return store as PostgresStore
}

async function openMigrated(options: Record<string, string> = {}, clock?: ManualClock): Promise<PostgresStore> {
  const store = await open(postgres.storeUrl(options), clock)
  await store.migrate()
  return store
}

async function listen(store: PostgresStore): Promise<StoreChange[]> {
  const heard: StoreChange[] = []
  store.subscribe((change) => heard.push(change))
  await expect.poll(() => store.isListening, { timeout: 5000, interval: 5 }).toBe(true)
  return heard
}

test('two stores wake each other, each by what happened, and neither hears itself', async () => {
  const one = await openMigrated()
  const other = await open(one.url)
  const [heardByOne, heardByOther] = [await listen(one), await listen(other)]
  const expectHeard = async (change: StoreChange) => {
    const told = (heard: StoreChange[]) => heard.filter((each) => each !== 'elsewhere')
    await expect.poll(() => told(heardByOther), { interval: 5, timeout: 5000 }).toEqual([change])
    expect(told(heardByOne)).toEqual([change])
    heardByOne.length = 0
    heardByOther.length = 0
  }
  const job = newJob()
  await one.insert([job])
  await expectHeard('ready')
  const [claimed] = (await one.claim({ worker: 'w', limit: 1, queues: null, leaseMs: LEASE_MS })).jobs
  await expectHeard('changed')
  await one.requestCancel(job.id, 'x')
  await expectHeard('cancel_requested')
  const changes = changesTo({ status: 'completed' })
  await one.settle([{ lease: { jobId: job.id, delivery: claimed?.delivery ?? 0 }, knewOfCancel: true, changes }])
  await expectHeard('rested')
})

test('many changes are told at once', async () => {
  const clock = new ManualClock()
  const store = await openMigrated({}, clock)
  const heard = await listen(await open(store.url))
  await Promise.all(Array.from({ length: 50 }, () => store.insert([newJob()])))
  const hear = () => {
    clock.advance(20)
    return heard.filter((change) => change === 'ready')
  }
  // The first at once, and all the others together when the pause after it is over.
  await expect.poll(hear, { interval: 5, timeout: 5000 }).toEqual(['ready', 'ready'])
})

test('one who lost the connection that listens hears again, and is told that it missed something', async () => {
  const application_name = `backbeat_${crypto.randomUUID()}`
  const store = await openMigrated({ application_name })
  const heard = await listen(store)
  await postgres.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    application_name,
  ])
  await expect.poll(() => heard, { timeout: 5000 }).toContain('elsewhere')
  await expect.poll(() => store.isListening, { timeout: 5000 }).toBe(true)
  const other = await open(store.url)
  await other.insert([newJob()])
  await expect.poll(() => heard, { timeout: 5000 }).toContain('ready')
})

test('without LISTEN, changes are looked for from time to time', async () => {
  const clock = new ManualClock()
  const store = await openMigrated({ listen: 'false' }, clock)
  const heard: StoreChange[] = []
  const stop = store.subscribe((change) => heard.push(change))
  clock.advance('10s')
  expect(store.isListening).toBe(false)
  expect(heard.length).toBeGreaterThan(7)
  expect(new Set(heard)).toEqual(new Set(['elsewhere']))
  stop()
  expect(clock.pendingTimers).toBe(0)
})

test('that jobs were only started is told at leisure, and goes along with what is told at once', async () => {
  const clock = new ManualClock()
  const store = await openMigrated({}, clock)
  const heard = await listen(await open(store.url))
  await store.insert([newJob(), newJob(), newJob()])
  await expect.poll(() => heard, { timeout: 5000, interval: 5 }).toContain('ready')
  clock.advance(20)
  const claim = () => store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: LEASE_MS })
  await claim()
  await claim()
  clock.advance(199)
  await store.insert([newJob()])
  await expect.poll(() => heard.filter((change) => change === 'changed'), { timeout: 5000 }).toHaveLength(1)
  await claim()
  const hear = () => {
    clock.advance(20)
    return heard.filter((change) => change === 'changed')
  }
  await expect.poll(hear, { timeout: 5000 }).toHaveLength(2)
})
