import { expect, onTestFinished, test, vi } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { anItem, batch, LEASE_MS, newJob } from '../conformance/fixtures.conformance.ts'
import { claimQuick, complete, MANY, startMany } from '../conformance/quick-claims.conformance.ts'
import type { ClaimedJob, Store } from '../store.ts'
import { kindParameters } from './claim-rows.ts'
import { claimSql } from './claim-sql.ts'
import { openPostgresStore } from './open.ts'
import { tableNames } from './statements.ts'

const postgres = usePostgres()

async function openMigrated(clock?: ManualClock): Promise<Store> {
  const store = await openPostgresStore(postgres.storeUrl(), clock ? { clock } : {})
  onTestFinished(() => store.close())
  await store.migrate()
  return store
}

function statusesOf(store: Store) {
  const schema = postgres.schemaOf(store.url)
  return postgres.query(`SELECT status, count(*)::integer AS count FROM "${schema}".backbeat_jobs GROUP BY status`)
}

async function claimsOf(store: Store): Promise<number[]> {
  const schema = postgres.schemaOf(store.url)
  const rows = await postgres.query<{ held: number }>(
    `SELECT cardinality(job_ids) AS held FROM "${schema}".backbeat_claims ORDER BY id`,
  )
  return rows.map(({ held }) => held)
}

test('a claim of quick jobs is one record, which goes with the next claim once all of them are settled', async () => {
  const store = await openMigrated()
  const jobs = await startMany(store)
  expect(await claimsOf(store)).toEqual([MANY])
  expect(await statusesOf(store)).toEqual([{ status: 'pending', count: MANY }])
  await complete(store, jobs.slice(1))
  const more = await startMany(store)
  expect(await claimsOf(store)).toEqual([MANY, MANY])
  await complete(store, [...jobs.slice(0, 1), ...more])
  await claimQuick(store)
  expect(await claimsOf(store)).toEqual([])
})

test('a record whose jobs are settled while a claim is under way goes with the one after it', async () => {
  const store = await openMigrated()
  const jobs = await startMany(store)
  const other = await postgres.connect()
  const claims = `"${postgres.schemaOf(store.url)}".backbeat_claims`
  await other.query(`BEGIN; LOCK TABLE ${claims} IN SHARE MODE`)
  const claiming = claimQuick(store)
  await vi.waitFor(async () => {
    const waiting = 'SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted'
    expect(await postgres.query(waiting, [claims])).toHaveLength(1)
  })
  await complete(store, jobs)
  await other.query('COMMIT')
  await claiming
  expect(await claimsOf(store)).toEqual([MANY])
  await claimQuick(store)
  expect(await claimsOf(store)).toEqual([])
})

test('a record whose jobs are settled goes when the store is closed', async () => {
  const store = await openMigrated()
  await complete(store, await startMany(store))
  expect(await claimsOf(store)).toEqual([MANY])
  await store.close()
  expect(await claimsOf(store)).toEqual([])
})

test('a record that its worker left behind goes when its lease has run out', async () => {
  const clock = new ManualClock()
  const store = await openMigrated(clock)
  const gone = await openPostgresStore(store.url, { clock })
  const jobs = await startMany(gone)
  await complete(gone, jobs.slice(2))
  clock.advance(LEASE_MS + 1)
  const expired = await store.findExpired(MANY, [])
  expect(expired.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.slice(0, 2).map(({ jobId }) => jobId))
  expect(await claimsOf(store)).toEqual([])
  await gone.close()
})

test('a few jobs are claimed in their rows, however quick they are', async () => {
  const store = await openMigrated()
  await store.insert(Array.from({ length: MANY }, () => newJob()))
  await claimQuick(store, 5)
  expect(await claimsOf(store)).toEqual([])
})

test('jobs that are settled while their claim is written out are settled once', async () => {
  const clock = new ManualClock()
  const store = await openMigrated(clock)
  for (let round = 0; round < 10; round += 1) {
    const jobs = await startMany(store)
    // It begins to write the claim out.
    clock.advance(500)
    const results = await complete(store, jobs)
    expect(results.filter(({ kind }) => kind !== 'written')).toEqual([])
    await vi.waitFor(async () => expect(await claimsOf(store)).toEqual([]))
  }
  expect(await statusesOf(store)).toEqual([{ status: 'completed', count: 10 * MANY }])
})

test('a job that another claims in bulk just now is asked to stop, and not taken for one that waits', async () => {
  const store = await openMigrated()
  const { id } = newJob()
  await store.insert([{ ...newJob(), id }])
  const other = await postgres.connect()
  const names = tableNames(postgres.schemaOf(store.url))
  await other.query('BEGIN')
  await other.query(claimSql(names).inBulk.any, [null, 'w', LEASE_MS, MANY, false, ...kindParameters(null), []])
  const cancelling = store.requestCancel(id, 'no longer wanted')
  await vi.waitFor(async () => {
    expect(await postgres.query(`SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted`)).toHaveLength(
      1,
    )
  })
  await other.query('COMMIT')
  expect(await cancelling).toBe('requested')
  expect(await store.get(id)).toMatchObject({ status: 'running', cancelReason: 'no longer wanted' })
})

test('a transaction that records items keeps neither heartbeats nor rescues waiting', async () => {
  const clock = new ManualClock()
  const store = await openMigrated(clock)
  const [first, second, ...others] = await startMany(store)
  const transaction = await store.beginAttempt()
  expect(await transaction.recordItems(first as ClaimedJob, batch([anItem('a', 0)], { total: 2 }))).toBe(true)
  clock.advance(500)
  expect(await store.renew([second as ClaimedJob, ...others], LEASE_MS)).toEqual({ lost: [], cancelled: [] })
  clock.advance(LEASE_MS + 1)
  expect(await store.findExpired(2 * MANY, [])).toHaveLength(MANY)
  await transaction.rollback()
})
