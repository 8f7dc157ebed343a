import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { newJob } from '../conformance/fixtures.conformance.ts'
import type { Store } from '../store.ts'
import { journalReadSql } from './journal.ts'
import { openPostgresStore } from './open.ts'
import { tableNames } from './statements.ts'

const postgres = usePostgres()

async function openMigrated(options: Record<string, string> = {}, clock?: ManualClock): Promise<Store> {
  const store = await openPostgresStore(postgres.storeUrl(options), clock ? { clock } : {})
  onTestFinished(() => store.close())
  await store.migrate()
  return store
}

/** What each page says on the way from a position to its end. */
async function readOn(store: Store, from: string, limit: number): Promise<{ jobIds: string[]; position: string }> {
  const jobIds: string[] = []
  for (let position = from; ; ) {
    const changes = await store.changesAfter(position, limit)
    if (!changes) throw new Error(`the position ${position} has expired`)
    jobIds.push(...changes.jobIds)
    position = changes.position
    if (changes.isComplete) return { jobIds, position }
  }
}

test('a transaction that commits after later ones is read once, and holds nobody up', async () => {
  const store = await openMigrated()
  const early = await postgres.connect()
  const [first, second, third] = [newJob(), newJob(), newJob()]
  let { position } = await readOn(store, await store.changePosition(), 10)
  const next = async () => {
    const read = await readOn(store, position, 1)
    position = read.position
    return read.jobIds
  }

  await early.query('BEGIN')
  await store.insert([first], early)
  expect(await next()).toEqual([])
  await store.insert([second])
  expect(await next()).toEqual([second.id])
  await store.insert([third])
  expect(await next()).toEqual([third.id])
  await early.query('COMMIT')
  expect(await next()).toEqual([first.id])
  expect(await next()).toEqual([])
})

test('what is rolled back, whole or up to a savepoint, is never read', async () => {
  const store = await openMigrated()
  const client = await postgres.connect()
  const position = await store.changePosition()
  const [kept, undone] = [newJob(), newJob()]
  await client.query('BEGIN')
  await store.insert([newJob()], client)
  await client.query('ROLLBACK')
  await client.query('BEGIN')
  await client.query('SAVEPOINT one')
  await store.insert([undone], client)
  await client.query('ROLLBACK TO one')
  await client.query('SAVEPOINT two')
  await store.insert([kept], client)
  expect((await readOn(store, position, 10)).jobIds).toEqual([])
  await client.query('COMMIT')
  expect((await readOn(store, position, 10)).jobIds).toEqual([kept.id])
})

test('of many transactions that end in any order, none is skipped and none is read twice', async () => {
  const store = await openMigrated()
  const foreign = await postgres.connect()
  await foreign.query('BEGIN')
  await foreign.query('SELECT pg_current_xact_id()')
  let position = await store.changePosition()
  const committed: string[] = []
  const read: string[] = []
  let writing = 8
  const write = async () => {
    const client = await postgres.connect()
    for (let round = 0; round < 12; round += 1) {
      const jobs = Array.from({ length: 1 + Math.floor(Math.random() * 150) }, () => newJob())
      await client.query('BEGIN')
      await store.insert(jobs, client)
      // Held open while others begin and commit.
      await client.query('SELECT pg_sleep($1)', [Math.random() / 50])
      if (Math.random() < 0.7) await store.insert([newJob()])
      const isKept = Math.random() < 0.6
      await client.query(isKept ? 'COMMIT' : 'ROLLBACK')
      if (isKept) committed.push(...jobs.map(({ id }) => id))
    }
    writing -= 1
  }
  const follow = async () => {
    for (let isLast = false; !isLast; ) {
      isLast = writing === 0
      const next = await readOn(store, position, 1 + Math.floor(Math.random() * 4))
      read.push(...next.jobIds)
      position = next.position
    }
  }
  await Promise.all([follow(), ...Array.from({ length: writing }, write)])
  expect(new Set(read).size).toBe(read.length)
  expect(read).toEqual(expect.arrayContaining(committed))
  const { rows } = await foreign.query(`SELECT count(*)::int FROM "${postgres.schemaOf(store.url)}".backbeat_jobs`)
  expect(read).toHaveLength(rows[0].count)
  await foreign.query('ROLLBACK')
})

test('entries are forgotten when everyone could have read them for 15 minutes, whenever they were written', async () => {
  const clock = new ManualClock()
  const store = await openMigrated({}, clock)
  const entries = async () => {
    const [row] = await postgres.query(`SELECT count(*)::int FROM "${postgres.schemaOf(store.url)}".backbeat_changes`)
    return row?.count
  }
  const slow = await postgres.connect()
  const late = newJob()
  await store.insert([newJob()])
  await slow.query('BEGIN')
  await store.insert([late], slow)
  await store.tidy()
  clock.advance('16m')
  const position = await store.changePosition()
  await slow.query('COMMIT')
  await store.tidy()
  // The one that was written just as long ago, and committed just now, is still there.
  expect(await entries()).toBe(1)
  expect((await readOn(store, position, 10)).jobIds).toEqual([late.id])
  clock.advance('16m')
  await store.tidy()
  expect(await entries()).toBe(0)
})

test('a backup that is put back on another server does not stop what is read there', async () => {
  const store = await openMigrated()
  const schema = postgres.schemaOf(store.url)
  const far = '9000000000000000'
  await postgres.query(`UPDATE "${schema}".backbeat_change_marks SET position = $1`, [`${far}:${far}:`])
  await postgres.query(`INSERT INTO "${schema}".backbeat_changes (tx, job_ids) VALUES ($1, $2)`, [far, [newJob().id]])
  const position = await store.changePosition()
  const job = newJob()
  await store.insert([job])
  expect((await readOn(store, position, 10)).jobIds).toEqual([job.id])
})

test('reading on and forgetting walk the index, and reading looks at nothing that was read before', async () => {
  const store = await openMigrated()

  const names = tableNames(postgres.schemaOf(store.url))
  await postgres.query(
    `INSERT INTO ${names.changes} (tx, job_ids) SELECT n::text::xid8, '{}' FROM generate_series(1, 20000) AS n`,
  )
  const { after, forget } = journalReadSql(names)
  for (const statistics of [false, true]) {
    if (statistics) await postgres.query(`ANALYZE ${names.changes}`)
    await postgres.query('SET enable_seqscan = off; SET random_page_cost = 1.1')
    const lines = await postgres.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING off, COSTS off) ${after}`, [
      ['7', '19000'],
      '19995',
      100,
    ])
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
    expect(plan).not.toMatch(/Seq Scan on backbeat_changes|Rows Removed/)
    const [most = 0] = [...plan.matchAll(/rows=(\d+)/g)].map(([, rows]) => Number(rows)).sort((a, b) => b - a)
    expect(most).toBeLessThan(20)
    const forgetting = await postgres.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${forget}`, [null])
    expect(forgetting.map((line) => line['QUERY PLAN']).join('\n')).not.toMatch(/Seq Scan on backbeat_changes|Sort/)
  }
})
