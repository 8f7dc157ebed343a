import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../test/postgres.ts'
import { systemClock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import { openStore } from '../open-store.ts'
import { LEASE_MS, newJob } from '../store/conformance/fixtures.conformance.ts'
import type { ClaimedJob, Settlement, Store } from '../store/store.ts'
import { type EndedAttempt, type Settled, Settler } from './settler.ts'

const postgres = usePostgres()

function endedWith(job: ClaimedJob): EndedAttempt {
  return {
    ...job,
    lease: job,
    failedItems: 0,
    cancelRequested: null,
    outcome: { kind: 'success', result: null, warnings: [] },
    backoff: { firstMs: 0, maxMs: 0, factor: 1, jitter: false },
    notifyOn: [],
  }
}

test('outcomes whose writes fail side by side are written again, and each is told once', async () => {
  const store = await openStore('sqlite::memory:')
  onTestFinished(() => store.close())
  await store.migrate()
  await store.insert(Array.from({ length: 1500 }, () => newJob()))
  const { jobs } = await store.claim({ worker: 'w', limit: 1500, queues: null, leaseMs: LEASE_MS })
  const failing = Promise.withResolvers<void>()
  let writes = 0
  const away = Object.create(store, {
    settle: {
      async value(settlements: readonly Settlement[]) {
        writes += 1
        if (writes === 2) failing.resolve()
        // The first is still under way when the second begins.
        if (writes <= 2) await failing.promise
        if (writes <= 2) throw new BackbeatError('store_unavailable', 'The database is away')
        return store.settle(settlements)
      },
    },
  }) as Store
  let failures = 0
  const settler = new Settler(away, systemClock, () => {
    failures += 1
  })
  const told = new Map<string, number>()
  const all = Promise.withResolvers<void>()
  const settle = (job: ClaimedJob) =>
    settler.settle(endedWith(job), {
      settled(settled) {
        expect(settled).toMatchObject({ status: 'completed' })
        told.set(job.jobId, (told.get(job.jobId) ?? 0) + 1)
        if (told.size === jobs.length) all.resolve()
      },
    })
  for (const job of jobs.slice(0, 700)) settle(job)
  await expect.poll(() => writes).toBe(1)
  for (const job of jobs.slice(700)) settle(job)
  await all.promise
  expect(failures).toBe(2)
  expect(new Set(told.values())).toEqual(new Set([1]))
  expect((await store.list({ status: ['running'] }, { limit: 1 })).entries).toEqual([])
})

test('many outcomes are written while an earlier write is held up', async () => {
  const url = postgres.storeUrl()
  const store = await openStore(url)
  onTestFinished(() => store.close())
  await store.migrate()
  const settler = new Settler(store, systemClock, (error) => expect.unreachable(String(error)))
  const settle = (job: ClaimedJob) => {
    return new Promise<Settled>((settled) => settler.settle(endedWith(job), { settled }))
  }

  await store.insert(Array.from({ length: 501 }, () => newJob()))
  const { jobs } = await store.claim({ worker: 'w', limit: 501, queues: null, leaseMs: LEASE_MS })
  const [first, ...others] = jobs as [ClaimedJob, ...ClaimedJob[]]

  const holder = await postgres.connect()
  const table = `"${postgres.schemaOf(url)}".backbeat_jobs`
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [first.jobId])
  let isFirstWritten = false
  const firstSettled = settle(first).then((settled) => {
    isFirstWritten = true
    return settled
  })
  const { rows } = await holder.query('SELECT pg_backend_pid() AS pid')
  const waiting = 'SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))'
  await expect.poll(() => postgres.query(waiting, [rows[0].pid])).toHaveLength(1)
  for (const settled of await Promise.all(others.map(settle))) expect(settled).toMatchObject({ status: 'completed' })
  expect(isFirstWritten).toBe(false)
  await holder.query('COMMIT')
  expect(await firstSettled).toMatchObject({ status: 'completed' })
})
