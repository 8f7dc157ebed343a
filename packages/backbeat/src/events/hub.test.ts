import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { changesTo, leaseOf, newJob } from '../store/conformance/fixtures.conformance.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { EventHub, type EventHubOptions } from './hub.ts'
import type { JobEvent, Listener } from './listener.ts'

async function open(options: EventHubOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-events-'))
  const clock = new ManualClock()
  const store = openSqliteStore(`sqlite:${join(folder, 'jobs.db')}`, { clock })
  await store.migrate()
  const hub = new EventHub(store, clock, options)
  onTestFinished(async () => {
    await hub.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { clock, store, hub }
}

async function isThere(listener: Listener): Promise<string> {
  await listener.arrived()
  return listener.position ?? ''
}

/** Takes events until one fits. */
async function until(listener: Listener, fits: (event: JobEvent) => boolean): Promise<JobEvent[]> {
  const all: JobEvent[] = []
  while (!all.some(fits)) all.push(...(await taken(listener)))
  return all
}

async function taken(listener: Listener): Promise<JobEvent[]> {
  await listener.awake()
  if (listener.isClosed) throw new Error('The listener was closed')
  return listener.take(1000).events
}

function isJob(id: string, status?: string) {
  return (event: JobEvent) =>
    event.kind !== 'reset' && event.job.id === id && (status === undefined || event.job.status === status)
}

function idsOf(events: readonly JobEvent[]): string[] {
  return events.map((event) => (event.kind === 'reset' ? 'reset' : event.job.id))
}

async function finish(store: Store): Promise<string[]> {
  const { jobs } = await store.claim({ worker: 'w', limit: 1000, queues: null, leaseMs: 60_000 })
  const changes = changesTo({ status: 'completed' })
  await store.settle(jobs.map((job) => ({ lease: leaseOf(job), changes, knewOfCancel: false })))
  return jobs.map(({ jobId }) => jobId)
}

test('each listener is told of the jobs that it asked for, and of no others', async () => {
  const { store, hub } = await open()
  const ours = newJob({ taskType: 'catalog.import', tags: ['shop=nord'], queue: 'slow', triggeredBy: 'manual:ana' })
  const other = newJob()
  const filters = [
    { taskType: 'catalog.import' },
    { tag: 'shop=nord' },
    { queue: 'slow' },
    { triggeredBy: 'manual:ana' },
    { q: 'LOG.IMP' },
    { q: 'nord' },
    { jobId: ours.id },
    { status: ['pending' as const], taskType: 'catalog.import' },
  ]
  const listeners = filters.map((filter) => hub.listen(filter))
  const all = hub.listen({})
  for (const listener of listeners) await isThere(listener)
  await store.insert([other])
  await store.insert([ours])
  for (const listener of listeners) expect(idsOf(await until(listener, isJob(ours.id)))).toEqual([ours.id])
  const heard = [...(await until(all, isJob(ours.id))), ...all.take(10).events]
  expect(idsOf(heard).sort()).toEqual([other.id, ours.id].sort())
})

test('who listens to a status hears of jobs that leave it, unless nothing ever does', async () => {
  const { store, hub } = await open()
  const [waiting, done] = [hub.listen({ status: ['pending'] }), hub.listen({ status: ['completed'] })]
  await isThere(done)
  const job = newJob()
  await store.insert([job])
  expect(await until(waiting, isJob(job.id))).toMatchObject([{ kind: 'job', job: { status: 'pending' } }])
  await finish(store)
  expect(await until(done, isJob(job.id))).toMatchObject([{ kind: 'job', job: { status: 'completed' } }])
  expect(await until(waiting, isJob(job.id, 'completed'))).toMatchObject([{ kind: 'left' }])
})

test('what is not taken is kept once for each job, the latest of it', async () => {
  const { store, hub } = await open()
  const [slow, quick] = [hub.listen({}), hub.listen({})]
  await isThere(quick)
  const jobs = Array.from({ length: 20 }, () => newJob())
  await store.insert(jobs)
  await until(quick, isJob(jobs[19]?.id ?? ''))
  await finish(store)
  await until(quick, isJob(jobs[19]?.id ?? '', 'completed'))
  expect(slow.pending).toBe(20)
  const { events, position } = slow.take(1000)
  expect(events).toHaveLength(20)
  expect(events.every((event) => event.kind === 'job' && event.job.status === 'completed')).toBe(true)
  expect(position).toBe(slow.position)
})

test('a position is only given to one who has taken everything before it', async () => {
  const { store, hub } = await open()
  const listener = hub.listen({})
  await isThere(listener)
  const jobs = Array.from({ length: 3 }, () => newJob())
  await store.insert(jobs)
  await listener.awake()
  expect(listener.take(2)).toMatchObject({ position: null })
  const late = newJob()
  await store.insert([late])
  const other = hub.listen({ jobId: late.id })
  await finish(store)
  await until(other, isJob(late.id, 'completed'))
  const { events, position } = listener.take(2)
  expect(events).toHaveLength(1)
  // What came since the batch began is behind that position.
  const again = hub.listen({}, { after: position ?? '' })
  expect(idsOf(await until(again, isJob(late.id)))).toContain(late.id)
})

test('a listener beyond its bound is told to load again, and then goes on', async () => {
  const { store, hub } = await open({ maxPending: 50 })
  const [slow, watch] = [hub.listen({}), hub.listen({ tag: 'last' })]
  await isThere(watch)
  const last = newJob({ tags: ['last'] })
  for (let round = 0; round < 5; round += 1) await store.insert(Array.from({ length: 100 }, () => newJob()))
  await store.insert([last])
  await until(watch, isJob(last.id))
  expect(hub.stats.pending).toBeLessThanOrEqual(50)
  expect(slow.take(100)).toEqual({ events: [{ kind: 'reset' }], position: slow.position })
  const next = newJob()
  await store.insert([next])
  expect(idsOf(await until(slow, isJob(next.id)))).toEqual([next.id])
})

test('who comes back to a position misses nothing, however much there was', async () => {
  const { store, hub } = await open()
  const first = hub.listen({})
  const position = await isThere(first)
  first.close()
  const jobs = Array.from({ length: 3000 }, () => newJob())
  for (let from = 0; from < jobs.length; from += 10) await store.insert(jobs.slice(from, from + 10))
  const back = Array.from({ length: 30 }, () => hub.listen({}, { after: position }))
  const wanted = new Set(jobs.map(({ id }) => id))
  for (const listener of back) {
    const seen = new Set<string>()
    while (seen.size < wanted.size) {
      for (const id of idsOf(await taken(listener))) seen.add(id)
    }
    expect(seen).toEqual(wanted)
  }
  // They came back together, so the journal was not read once for each.
  expect(hub.stats.reads).toBeLessThan(20)
  const next = newJob()
  await store.insert([next])
  for (const listener of back) expect(idsOf(await until(listener, isJob(next.id)))).toContain(next.id)
})

test.each(['0', 'nonsense'])(
  'who comes back to the position %s, which is too old, is told to load again',
  async (after) => {
    const { store, hub, clock } = await open()
    for (let round = 0; round < 3; round += 1) {
      await store.insert([newJob()])
      await store.tidy()
      clock.advance('16m')
    }
    const listener = hub.listen({}, { after })
    await listener.awake()
    expect(listener.take(10).events).toEqual([{ kind: 'reset' }])
    const next = newJob()
    await store.insert([next])
    expect(idsOf(await until(listener, isJob(next.id)))).toEqual([next.id])
  },
)

test('what another process changes is told', async () => {
  const { store, hub, clock } = await open()
  const other = openSqliteStore(store.url, { clock })
  onTestFinished(() => other.close())
  const listener = hub.listen({})
  await isThere(listener)
  const job = newJob()
  await other.insert([job])
  const heard = () => {
    clock.advance(100)
    return idsOf(listener.take(10).events)
  }
  await expect.poll(heard, { interval: 5 }).toEqual([job.id])
})

test('nothing is read while nobody listens, and what is left behind is nothing', async () => {
  const { store, hub, clock } = await open()
  await store.insert([newJob()])
  clock.advance('1h')
  expect(hub.stats.reads).toBe(0)
  const listeners = Array.from({ length: 10 }, () => hub.listen({}))
  for (const listener of listeners) await isThere(listener)
  for (const listener of listeners) listener.close()
  for (const listener of listeners) listener.close()
  expect(hub.stats.listeners).toBe(0)
  await expect.poll(() => clock.pendingTimers, { interval: 5 }).toBe(0)
  const { reads } = hub.stats
  await store.insert([newJob()])
  clock.advance('1h')
  expect(hub.stats.reads).toBe(reads)
})

test('jobs that nobody asked for are not loaded', async () => {
  const { store, hub } = await open()
  const job = newJob()
  const listener = hub.listen({ jobId: job.id })
  await isThere(listener)
  await store.insert([...Array.from({ length: 500 }, () => newJob()), job])
  await until(listener, isJob(job.id))
  expect(hub.stats.loaded).toBe(1)
})

test('closing the hub or the store ends every listener', async () => {
  const { store, hub } = await open()
  const listener = hub.listen({})
  await isThere(listener)
  await hub.close()
  await listener.awake()
  expect(listener.isClosed).toBe(true)
  expect(hub.listen({}).isClosed).toBe(true)

  const another = new EventHub(store, new ManualClock())
  const following = another.listen({})
  await isThere(following)
  await store.close()
  another.listen({}, { after: '0' })
  await following.awake()
  expect(following.isClosed).toBe(true)
})
