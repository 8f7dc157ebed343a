import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { LEASE_MS, newJob } from '../conformance/fixtures.conformance.ts'
import { claimQuick, complete, MANY, startMany } from '../conformance/quick-claims.conformance.ts'
import { openSqliteStore } from './open.ts'
import { openSqliteHeartbeatRecords } from './open-heartbeat-records.ts'

async function openTemporary() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const file = join(folder, 'jobs.db')
  const url = `sqlite:${file}`
  const clock = new ManualClock()
  const store = openSqliteStore(url, { clock })
  const database = new DatabaseSync(file)
  onTestFinished(async () => {
    database.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await store.migrate()
  const all = (sql: string) => database.prepare(sql).all()
  return {
    store,
    url,
    clock,
    /** How many jobs each record of a claim holds. */
    claims: () =>
      all('SELECT json_array_length(job_rows) AS held FROM backbeat_claims ORDER BY id').map((row) => row.held),
    statuses: () =>
      Object.fromEntries(
        all('SELECT status, count(*) AS count FROM backbeat_jobs GROUP BY status').map((row) => [
          row.status,
          row.count,
        ]),
      ),
  }
}

test('a claim of quick jobs is one record, which goes with the next claim once all of them are settled', async () => {
  const { store, claims, statuses } = await openTemporary()
  const jobs = await startMany(store)
  expect(claims()).toEqual([MANY])
  expect(statuses()).toEqual({ pending: MANY })
  await complete(store, jobs.slice(1))
  const more = await startMany(store)
  expect(claims()).toEqual([MANY, MANY])
  await complete(store, [...jobs.slice(0, 1), ...more])
  await startMany(store)
  expect(claims()).toEqual([MANY])
})

test('a record whose jobs are settled goes when the store is closed', async () => {
  const { store, claims } = await openTemporary()
  await complete(store, await startMany(store))
  expect(claims()).toEqual([MANY])
  await store.close()
  expect(claims()).toEqual([])
})

test('the record of a claim that is over is not taken for a later one', async () => {
  const { store, url, clock, claims } = await openTemporary()
  const jobs = await startMany(store)
  const gone = openSqliteStore(url, { clock })
  clock.advance(500)
  expect(claims()).toEqual([])
  await startMany(gone)
  await complete(store, jobs)
  await startMany(store)
  expect(claims()).toEqual([MANY, MANY])
  await gone.close()
})

test('a record that its worker left behind goes when its lease has run out', async () => {
  const { store, url, clock, claims } = await openTemporary()
  const gone = openSqliteStore(url, { clock })
  const jobs = await startMany(gone)
  await complete(gone, jobs.slice(2))
  await gone.close()
  clock.advance(LEASE_MS + 1)
  const expired = await store.findExpired(MANY, [])
  expect(expired.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.slice(0, 2).map(({ jobId }) => jobId))
  expect(claims()).toEqual([])
})

test('a heartbeat in another thread writes out what it renews, once for all of a claim', async () => {
  const { store, url, clock, claims, statuses } = await openTemporary()
  const jobs = await startMany(store)
  const heartbeat = openSqliteHeartbeatRecords(url, null)
  expect(await heartbeat.renew(jobs, LEASE_MS)).toEqual({ lost: [], cancelled: [] })
  expect(claims()).toEqual([])
  expect(statuses()).toEqual({ running: MANY })
  await heartbeat.close()
  clock.advance(1)
  expect((await complete(store, jobs)).filter(({ kind }) => kind !== 'written')).toEqual([])
})

test('a few jobs are claimed in their rows, however quick they are', async () => {
  const { store, claims, statuses } = await openTemporary()
  await store.insert(Array.from({ length: MANY }, () => newJob()))
  await claimQuick(store, 5)
  expect(claims()).toEqual([])
  expect(statuses()).toEqual({ running: 5, pending: MANY - 5 })
})
