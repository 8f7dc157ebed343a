import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { BackbeatError } from '../../errors.ts'
import { changesTo, LEASE_MS, newJob } from '../conformance/fixtures.conformance.ts'
import type { ClaimedJob, NewJob, Store } from '../store.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()

async function openMigrated(options: Record<string, string> = {}): Promise<Store> {
  const store = await openPostgresStore(postgres.storeUrl(options))
  onTestFinished(() => store.close())
  await store.migrate()
  return store
}

function claimRequest(limit: number) {
  return { worker: 'w', limit, queues: null, leaseMs: LEASE_MS }
}

function completed(job: ClaimedJob) {
  return { lease: job, knewOfCancel: false, changes: changesTo({ status: 'completed' }) }
}

/** Does it again for as long as the database is away, which is what every caller does. */
async function untilAvailable<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BackbeatError) || error.code !== 'store_unavailable') throw error
    }
  }
}

test('connections that the server ends in the middle of work are replaced, and nothing is lost', async () => {
  const application_name = `backbeat_${crypto.randomUUID()}`
  const store = await openMigrated({ application_name })
  const jobs = Array.from({ length: 300 }, () => newJob())
  const table = `"${postgres.schemaOf(store.url)}".backbeat_jobs`
  const end = () =>
    postgres.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      application_name,
    ])

  const ending: Promise<unknown[]>[] = []
  const insertAll = async () => {
    for (const [index, job] of jobs.entries()) {
      if (index % 10 === 0) ending.push(end())
      await untilAvailable(() => insertOnce(store, job))
    }
  }
  /** What was claimed when the connection was lost waits for its lease to run out, and is not looked for here. */
  const settleAll = async () => {
    for (let waiting = 1; waiting > 0; ) {
      const { jobs: claimed } = await untilAvailable(() => store.claim(claimRequest(5)))
      if (claimed.length > 0) await untilAvailable(() => store.settle(claimed.map(completed)))
      const [count] = await postgres.query<{ waiting: number }>(
        `SELECT (${jobs.length} - count(*) FILTER (WHERE status <> 'pending'))::int AS waiting FROM ${table}`,
      )
      waiting = count?.waiting ?? 0
    }
  }
  await Promise.all([insertAll(), settleAll()])
  expect((await Promise.all(ending)).flat().length).toBeGreaterThan(10)
  const found = await postgres.query<{ id: string; attempt: number; delivery: number }>(
    `SELECT id, attempt, delivery FROM ${table}`,
  )
  expect(new Set(found.map(({ id }) => id))).toEqual(new Set(jobs.map(({ id }) => id)))
  expect(found.every(({ attempt, delivery }) => attempt === 1 && delivery === 1)).toBe(true)
})

/** A write whose answer was lost may have been kept. */
async function insertOnce(store: Store, job: NewJob): Promise<void> {
  try {
    await store.insert([job])
  } catch (error) {
    if (!(error instanceof BackbeatError) || error.code !== 'duplicate_job_id') throw error
  }
}

test('a lock that someone else holds is waited for only so long', async () => {
  const store = await openMigrated({ timeout: '600ms' })
  const [job] = [newJob()]
  await store.insert([job])
  const claim = await store.claim(claimRequest(1))
  const jobs = `"${postgres.schemaOf(store.url)}".backbeat_jobs`
  const holder = await postgres.connect()
  await holder.query(`BEGIN; SELECT FROM ${jobs} FOR UPDATE`)
  await expect(store.settle(claim.jobs.map(completed))).rejects.toMatchObject({ code: 'store_busy', status: 503 })
  // One locked row holds up neither other jobs nor the leases.
  expect(await store.renew(claim.jobs, LEASE_MS)).toEqual({ lost: [], cancelled: [] })
  await store.insert([newJob()])
  expect((await store.claim(claimRequest(1))).jobs).toHaveLength(1)

  await holder.query(`LOCK TABLE ${jobs} IN ACCESS EXCLUSIVE MODE`)
  await expect(store.claim(claimRequest(1))).rejects.toMatchObject({ code: 'store_busy' })
  await expect(store.get(job.id)).rejects.toMatchObject({ code: 'store_busy' })
  await holder.query('ROLLBACK')
  expect(await store.settle(claim.jobs.map(completed))).toEqual([{ kind: 'written' }])
})

test('a statement that takes too long is ended by the server', async () => {
  const store = await openMigrated({ timeout: '400ms' })
  await postgres.query(
    `CREATE FUNCTION "${postgres.schemaOf(store.url)}".wait() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$`,
  )
  const schema = `"${postgres.schemaOf(store.url)}"`
  await postgres.query(
    `CREATE TRIGGER wait BEFORE INSERT ON ${schema}.backbeat_jobs FOR EACH ROW EXECUTE FUNCTION ${schema}.wait()`,
  )
  await expect(store.insert([newJob()])).rejects.toMatchObject({ code: 'store_timeout' })
})

test('a server that accepts and never answers is given up', async () => {
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const store = await openPostgresStore(`postgres://app:secret@127.0.0.1:${port}/app?timeout=200ms`)
  onTestFinished(async () => {
    await store.close()
    server.close()
  })
  await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable' })
  await expect(store.claim(claimRequest(1))).rejects.toMatchObject({ code: 'store_unavailable' })
})

test('inserts that wait for each other both go through', async () => {
  const [one, other] = [await openMigrated(), await openMigrated()]
  const second = await openPostgresStore(one.url)
  onTestFinished(() => second.close())
  await other.close()
  const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`)
  const [first, last] = await Promise.all([
    one.insert(keys.map((uniqueKey) => newJob({ uniqueKey }))),
    second.insert(keys.toReversed().map((uniqueKey) => newJob({ uniqueKey }))),
  ])
  const inserted = [...first, ...last].filter((insertion) => insertion.inserted)
  expect(inserted).toHaveLength(keys.length)
})

const SECRET = 's3cr3t-p4ss'

test.each([
  ['nobody is there', `postgres://app:${SECRET}@127.0.0.1:1/app`, 'store_unavailable'],
  ['the host is unknown', `postgres://app:${SECRET}@nowhere.invalid/app`, 'store_unavailable'],
  ['the password comes as an option', `postgres://127.0.0.1:1/app?user=app&password=${SECRET}`, 'store_unavailable'],
])('where %s, the error says so without the password', async (_, url, code) => {
  const store = await openPostgresStore(url)
  onTestFinished(() => store.close())
  for (const work of [() => store.ping(), () => store.migrate(), () => store.list({}, { limit: 1 })]) {
    const error = await work().catch((thrown) => thrown)
    expect(error).toMatchObject({ code, status: 503, message: expect.stringContaining('postgres://') })
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET)
  }
  expect(inspect(store, { depth: null, showHidden: true, getters: false })).not.toContain(SECRET)
  expect(JSON.stringify(store)).not.toContain(SECRET)
})

test.each([
  `postgres://app:${SECRET}@/x y:z`,
  `postgres://app:${SECRET}@host:port/app`,
  `postgres://app:12/${SECRET}@host/app`,
  `postgres://app:12#${SECRET}@host/app`,
  `postgres:app:${SECRET}@host/app`,
  `mysql://app:${SECRET}@host/app`,
  `postgres://app:${SECRET}@host/app?schema=a-b`,
  `postgres://app:${SECRET}@host/app?schema=pg_catalog`,
  `postgres://app:${SECRET}@host/app?schema=${'x'.repeat(51)}`,
  `postgres://app:${SECRET}@host/app?schema="; DROP SCHEMA public`,
  `postgres://app:${SECRET}@host/app?pool=0`,
  `postgres://app:${SECRET}@host/app?pool=many`,
  `postgres://app:${SECRET}@host/app?timeout=1ms`,
  `postgres://app:${SECRET}@host/app?listen=maybe`,
])('the url %j is refused, and not quoted', async (url) => {
  const error = await openPostgresStore(url).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'invalid_store_url' })
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET)
})
