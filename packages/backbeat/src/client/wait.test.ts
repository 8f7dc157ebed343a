import { expect, onTestFinished, test } from 'vitest'
import { changesTo, leaseOf, newJob } from '../store/conformance/fixtures.conformance.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { TaskRegistry } from '../task/registry.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Client } from './client.ts'

async function open() {
  const clock = new ManualClock()
  const store = openSqliteStore('sqlite::memory:', { clock })
  await store.migrate()
  const counted = countReads(store)
  const client = new Client(counted.store, new TaskRegistry(), clock)
  onTestFinished(async () => {
    await client.events.close()
    await store.close()
  })
  return { store, client, reads: counted.reads }
}

/** The store as it is, with a count of how many jobs were read. */
function countReads(store: Store) {
  let count = 0
  const counting = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        if (name === 'get') count += 1
        if (name === 'summaries') count += (parameters[0] as string[]).length
        return Reflect.apply(value, target, parameters)
      }
    },
  })
  return { store: counting, reads: () => count }
}

async function completeOne(store: Store): Promise<string | undefined> {
  const { jobs } = await store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 60_000 })
  const changes = changesTo({ status: 'completed' })
  await store.settle(jobs.map((job) => ({ lease: leaseOf(job), changes, knewOfCancel: false })))
  return jobs[0]?.jobId
}

test('two thousand who wait read each its own job, however many others come to rest', async () => {
  const { store, client, reads } = await open()
  const jobs = Array.from({ length: 2000 }, () => newJob())
  await store.insert(jobs)
  const outcomes = jobs.map(({ id, taskType }) => client.handle({ id, taskType }).outcome())
  for (let count = 0; count < jobs.length; count += 1) {
    await completeOne(store)
    // The event loop turns, as it does between the jobs of a worker.
    if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const ended = await Promise.all(outcomes)
  expect(ended.map(({ id, status }) => [id, status])).toEqual(jobs.map(({ id }) => [id, 'completed']))
  // One look at the beginning and one at the end, and what the hub loads: started, completed.
  expect(reads()).toBeLessThanOrEqual(4 * jobs.length)
  expect(client.events.stats.listeners).toBe(0)
}, 60_000)

test('a job that rests already is answered at once, and one that does not exist is refused', async () => {
  const { store, client } = await open()
  await store.insert([newJob()])
  const id = (await completeOne(store)) ?? ''
  expect(await client.handle({ id, taskType: 'demo.echo' }).outcome()).toMatchObject({ id, status: 'completed' })
  const unknown = client.handle({ id: newJob().id, taskType: 'demo.echo' }).outcome()
  await expect(unknown).rejects.toMatchObject({ code: 'unknown_job' })
  expect(client.events.stats.listeners).toBe(0)
})

test('waiting ends when it is aborted, and when everything is closed', async () => {
  const { store, client } = await open()
  const job = newJob()
  await store.insert([job])
  const handle = client.handle(job)
  const controller = new AbortController()
  const aborted = handle.outcome({ signal: controller.signal })
  const forGood = handle.outcome()
  const reason = new Error('no more patience')
  controller.abort(reason)
  await expect(aborted).rejects.toBe(reason)
  await expect(handle.outcome({ signal: controller.signal })).rejects.toBe(reason)
  expect(client.events.stats.listeners).toBe(1)
  const closing = expect(forGood).rejects.toMatchObject({ code: 'closed' })
  await client.events.close()
  await closing
})
