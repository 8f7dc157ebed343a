import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { changesTo, leaseOf, newJob } from '../conformance/fixtures.conformance.ts'
import { NEXT_VERSION } from '../conformance/versions.conformance.ts'
import type { Migration } from '../sql/upgrade.ts'
import type { Store } from '../store.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()

async function open(url: string, migrations?: readonly Migration[]): Promise<Store> {
  const store = await openPostgresStore(url, migrations ? { migrations } : {})
  onTestFinished(() => store.close())
  return store
}

async function openOld(options: Record<string, string> = {}) {
  const store = await open(postgres.storeUrl({ listen: 'false', ...options }))
  await store.migrate()
  return { store, next: await open(store.url, NEXT_VERSION), schema: postgres.schemaOf(store.url) }
}

/** Stores, claims and ends a job. */
async function runOne(store: Store): Promise<string> {
  await store.insert([newJob()])
  const [job] = (await store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 60_000 })).jobs
  if (!job) throw new Error('Nothing could be claimed')
  const settlement = { lease: leaseOf(job), knewOfCancel: false, changes: changesTo({ status: 'completed' }) }
  expect(await store.settle([settlement])).toEqual([{ kind: 'written' }])
  return job.jobId
}

/** What sessions of the schema wait for a lock, in the words of their statements. */
async function waiting(schema: string, words: string): Promise<number> {
  const rows = await postgres.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid IN (
      SELECT pid FROM pg_locks JOIN pg_class ON pg_class.oid = relation WHERE relnamespace = $2::regnamespace
    )`,
    [words, `"${schema}"`],
  )
  return rows.length
}

async function newestVersion(schema: string): Promise<number> {
  const [row] = await postgres.query(`SELECT max(version)::integer AS version FROM "${schema}".backbeat_migrations`)
  return Number(row?.version)
}

async function validIndexes(schema: string): Promise<unknown[]> {
  return postgres.query(
    `SELECT indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = $1::regnamespace AND relname = 'backbeat_jobs_region'`,
    [`"${schema}"`],
  )
}

test('an upgrade that has to wait for a lock keeps nobody else waiting behind it', async () => {
  const { store, next, schema } = await openOld()
  // Somebody reads the table in a transaction that stays open, so that no column can be added.
  const reader = await postgres.connect()
  await reader.query(`BEGIN; SELECT FROM "${schema}".backbeat_jobs LIMIT 1`)
  let upgraded = false
  const upgrade = next.migrate().then(() => {
    upgraded = true
  })
  await expect.poll(() => waiting(schema, 'ALTER TABLE'), { timeout: 10_000, interval: 5 }).toBe(1)
  // Behind a lock that is waited for without a bound, none of these would come to an end.
  for (let count = 0; count < 5; count += 1) await runOne(store)
  expect(upgraded).toBe(false)
  await reader.query('COMMIT')
  await upgrade
  expect(await newestVersion(schema)).toBe(NEXT_VERSION.at(-1)?.version)
  await runOne(store)
})

test('jobs are stored, claimed and ended while an index is built', async () => {
  const { store, next, schema } = await openOld()
  const slow = await postgres.connect()
  // The index waits for what was begun before it.
  await slow.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM "${schema}".backbeat_migrations`)
  const upgrade = next.migrate()
  await expect.poll(() => waiting(schema, 'CREATE INDEX CONCURRENTLY'), { timeout: 10_000, interval: 5 }).toBe(1)
  for (let count = 0; count < 5; count += 1) await runOne(store)
  expect(await validIndexes(schema)).toEqual([{ valid: false }])
  await slow.query('COMMIT')
  await upgrade
  expect(await validIndexes(schema)).toEqual([{ valid: true }])
})

test('an upgrade that was interrupted goes on where it was, and builds anew the index that was half built', async () => {
  const { store, next, schema } = await openOld()
  await runOne(store)
  const slow = await postgres.connect()
  await slow.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM "${schema}".backbeat_migrations`)
  const upgrade = next.migrate()
  upgrade.catch(() => {})
  await expect.poll(() => waiting(schema, 'CREATE INDEX CONCURRENTLY'), { timeout: 10_000, interval: 5 }).toBe(1)
  await postgres.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' || $1 || '%'`,
    [schema],
  )
  await expect(upgrade).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(await validIndexes(schema)).toEqual([{ valid: false }])
  await slow.query('COMMIT')
  await (await open(store.url, NEXT_VERSION)).migrate()
  expect(await validIndexes(schema)).toEqual([{ valid: true }])
  const [row] = await postgres.query(
    `SELECT count(*)::integer AS left FROM "${schema}".backbeat_jobs WHERE region IS NULL`,
  )
  expect(row).toEqual({ left: 0 })
})

test('a store whose statements are prepared goes on when columns are added', async () => {
  const { store, next } = await openOld({ prepare: 'true', pool: '1' })
  const before = await runOne(store)
  expect(await store.get(before)).toMatchObject({ status: 'completed' })
  await next.migrate()
  expect(await store.get(before)).toMatchObject({ status: 'completed' })
  expect(await store.attempts(await runOne(store))).toMatchObject([{ outcome: 'completed' }])
})
