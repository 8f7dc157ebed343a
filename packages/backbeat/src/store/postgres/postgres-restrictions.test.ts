import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { changesTo, leaseOf, newJob } from '../conformance/fixtures.conformance.ts'
import type { NewJob, Store } from '../store.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()

async function openStores(count: number): Promise<Store[]> {
  const url = postgres.storeUrl({ pool: '4', listen: 'false' })
  const stores = await Promise.all(Array.from({ length: count }, () => openPostgresStore(url)))
  onTestFinished(async () => {
    for (const store of stores) await store.close()
  })
  await stores[0]?.migrate()
  return stores
}

/** Claims and settles until all is done, from every store at once; answers the most that ran at a time of each group. */
async function workThrough(stores: readonly Store[], total: number, groupsOf: (id: string) => string[]) {
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  let done = 0
  const giveUpAt = performance.now() + 20_000
  const count = (id: string, by: number) => {
    for (const group of groupsOf(id)) {
      const now = (running.get(group) ?? 0) + by
      running.set(group, now)
      most.set(group, Math.max(most.get(group) ?? 0, now))
    }
  }
  const work = async (store: Store, worker: string) => {
    while (done < total && performance.now() < giveUpAt) {
      const { jobs } = await store.claim({ worker, limit: 3, queues: null, leaseMs: 60_000 })
      for (const { jobId } of jobs) count(jobId, 1)
      await new Promise((resolve) => setTimeout(resolve, jobs.length === 0 ? 5 : Math.random() * 5))
      // Counted before it is settled: another may start as soon as it is.
      for (const { jobId } of jobs) count(jobId, -1)
      await store.settle(
        jobs.map((job) => ({
          lease: leaseOf(job),
          knewOfCancel: false,
          changes: changesTo({ status: 'completed' }),
        })),
      )
      done += jobs.length
    }
  }
  await Promise.all(stores.flatMap((store, n) => [work(store, `a${n}`), work(store, `b${n}`)]))
  return { done, most: Object.fromEntries(most) }
}

test('limits hold and nothing is stuck, whoever claims and settles at once, without tidying', async () => {
  const stores = await openStores(3)
  const keysOf = new Map<string, string[]>()
  const jobs: NewJob[] = Array.from({ length: 240 }, (_, n) => {
    const concurrency = [
      { key: `shop ${n % 3}`, limit: 2 },
      { key: 'all', limit: 4 },
    ]
    const restrictions =
      n % 5 === 0 ? null : { concurrency: n % 2 ? concurrency.toReversed() : concurrency, rate: null }
    const job = newJob({ restrictions, queue: n % 7 ? 'default' : 'other', priority: n % 4 })
    keysOf.set(job.id, restrictions?.concurrency.map(({ key }) => key) ?? [])
    return job
  })
  await stores[0]?.insert(jobs)
  const { done, most } = await workThrough(stores, jobs.length, (id) => keysOf.get(id) ?? [])
  expect(done).toBe(jobs.length)
  expect(Math.max(...[0, 1, 2].map((n) => most[`shop ${n}`] ?? 0))).toBeLessThanOrEqual(2)
  expect(most.all).toBeLessThanOrEqual(4)
}, 40_000)

test('the limit of a queue holds for many claimers at once', async () => {
  const stores = await openStores(3)
  const jobs = Array.from({ length: 200 }, (_, n) => newJob({ queue: n % 2 ? 'mail' : 'other', tenant: `${n % 3}` }))
  await stores[0]?.insert(jobs)
  await stores[0]?.changeQueue('mail', { concurrency: 2 })
  const queueOf = new Map(jobs.map(({ id, queue }) => [id, queue]))
  const { done, most } = await workThrough(stores, jobs.length, (id) => [queueOf.get(id) ?? ''])
  expect(done).toBe(jobs.length)
  expect(most.mail).toBeLessThanOrEqual(2)
}, 40_000)

test('many transactions of attempts wait for a connection, and claims do not wait for them', async () => {
  const [store] = await openStores(1)
  if (!store) return
  await store.insert(Array.from({ length: 12 }, () => newJob()))
  const { jobs } = await store.claim({ worker: 'w', limit: 10, queues: null, leaseMs: 60_000 })
  const open = jobs.map(async (job) => {
    const transaction = await store.beginAttempt()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const settlement = { lease: leaseOf(job), knewOfCancel: false, changes: changesTo({ status: 'completed' }) }
    expect(await transaction.settle(settlement)).toEqual({ kind: 'written' })
    await transaction.commit()
    await transaction.rollback()
  })
  expect((await store.claim({ worker: 'w', limit: 10, queues: null, leaseMs: 60_000 })).jobs).toHaveLength(2)
  await Promise.all(open)
  expect((await store.list({ status: ['completed'] }, { limit: 100 })).entries).toHaveLength(10)
})

test('a transaction that has ended is of no use to the task, nor is one with a failed statement kept', async () => {
  const [store] = await openStores(1)
  const transaction = await store?.beginAttempt()
  const client = transaction?.handle as { query(text: string): Promise<unknown>; release(): void }
  client.release()
  await expect(client.query('SELECT no_such_column')).rejects.toMatchObject({ code: '42703' })
  await expect(transaction?.commit()).rejects.toMatchObject({ code: 'transaction_undone' })
  await transaction?.rollback()
  expect(() => client.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'transaction_ended' }))
})
