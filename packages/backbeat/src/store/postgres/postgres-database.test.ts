import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { systemClock } from '../../clock.ts'
import type { Status } from '../../job/states.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { changesTo, LEASE_MS, newJob } from '../conformance/fixtures.conformance.ts'
import type { JobFilter, Store } from '../store.ts'
import { writeOutSql } from './bulk-claims.ts'
import { kindParameters } from './claim-rows.ts'
import { claimSql } from './claim-sql.ts'
import { completeSql, completion } from './complete.ts'
import { checkServer } from './migrate.ts'
import { openPostgresStore } from './open.ts'
import type { PostgresStore } from './postgres-store.ts'
import { settleSql } from './settle.ts'
import { StoreTime, tableNames } from './statements.ts'

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

const HISTORY = 20_000

/** A statement that stores jobs with the ids 1, 2, 3… */
function rowsOf(table: string, { from, count, status }: { from: number; count: number; status: Status }): string {
  const ready = status === 'pending' ? 1 : 0
  return `
    INSERT INTO ${table} (id, status, ready, queue, priority, run_at, task_type, created_at, max_attempts,
      max_redeliveries, retry_scope, triggered_by, tags, input)
    SELECT lpad(to_hex(n), 32, '0')::uuid, '${status}', ${ready}, 'default', 0, 0, 'a.b', 0, 1, 0, 'all', 't', '[]', '{}'
    FROM generate_series(${from}, ${from + count - 1}) AS n`
}

function claimRequest(limit: number) {
  return { worker: 'w', limit, queues: null, leaseMs: LEASE_MS }
}

test('twenty processes that start at once migrate one schema', async () => {
  const url = postgres.storeUrl({ pool: '1' })
  const stores = await Promise.all(Array.from({ length: 20 }, () => open(url)))
  await Promise.all(stores.map((store) => store.migrate()))
  const applied = await postgres.query(`SELECT version FROM "${postgres.schemaOf(url)}".backbeat_migrations`)
  expect(new Set(applied.map(({ version }) => version)).size).toBe(applied.length)
  await stores[0]?.insert([newJob()])
  expect((await stores[19]?.list({}, { limit: 5 }))?.entries).toHaveLength(1)
})

test('tables of a newer version are refused', async () => {
  const store = await openMigrated()
  await postgres.query(
    `INSERT INTO "${postgres.schemaOf(store.url)}".backbeat_migrations VALUES (999, 'future', 0, 998)`,
  )
  await expect(store.migrate()).rejects.toMatchObject({ code: 'schema_too_new' })
})

test.each([
  [{ version: '120022', shown: '12.22', encoding: 'UTF8' }, 'store_too_old'],
  [{ version: '150001', shown: '15.1', encoding: 'LATIN1' }, 'store_encoding'],
])('a server that says %j is refused', async (server, code) => {
  const session = { run: async () => ({ rows: [server] as never[], rowCount: 1, command: 'SELECT' }) }
  await expect(checkServer(session)).rejects.toMatchObject({ code })
})

test('stores in two schemas have nothing in common, and nothing is put elsewhere', async () => {
  const [one, other] = [await openMigrated({ schema: `Odd_${Date.now()}` }), await openMigrated()]
  const job = newJob()
  await one.insert([job])
  expect(await other.get(job.id)).toBeUndefined()
  const strays = await postgres.query(`SELECT relname FROM pg_class WHERE relname LIKE 'backbeat%'
    AND relnamespace = 'public'::regnamespace`)
  expect(strays).toEqual([])
})

test('no more connections are opened than the bound says', async () => {
  const application_name = `backbeat_${crypto.randomUUID()}`
  const store = await openMigrated({ application_name, pool: '3' })
  store.subscribe(() => {})
  await expect.poll(() => store.isListening, { timeout: 5000 }).toBe(true)
  await Promise.all(Array.from({ length: 60 }, () => store.insert([newJob()])))
  const [count] = await postgres.query('SELECT count(*)::int FROM pg_stat_activity WHERE application_name = $1', [
    application_name,
  ])
  expect(count).toEqual({ count: 3 + 1 })
})

test('fifty claimers share what falls due at once', async () => {
  const clock = new ManualClock()
  const stores = [await openMigrated({}, clock)]
  while (stores.length < 5) stores.push(await open(stores[0]?.url ?? '', clock))
  const runAt = clock.now() + 1000
  const jobs = Array.from({ length: 500 }, (_, index) => newJob({ runAt, queue: `queue ${index % 3}` }))
  await stores[0]?.insert(jobs)
  clock.advance(1000)
  const claimed: string[] = []
  const claimers = Array.from({ length: 50 }, async (_, index) => {
    for (;;) {
      const claim = await stores[index % stores.length]?.claim(claimRequest(3))
      claimed.push(...(claim?.jobs.map(({ jobId }) => jobId) ?? []))
      if (claim?.jobs.length === 0 && (claim.nextDueAt ?? Number.POSITIVE_INFINITY) > clock.now()) return
    }
  })
  await Promise.all(claimers)
  const rest = (await stores[0]?.claim(claimRequest(500)))?.jobs.map(({ jobId }) => jobId) ?? []
  expect([...claimed, ...rest]).toHaveLength(jobs.length)
  expect(new Set([...claimed, ...rest])).toEqual(new Set(jobs.map(({ id }) => id)))
})

test('what is stored before the point that a claim had come to is claimed as well', async () => {
  const store = await openMigrated()
  const plain = Array.from({ length: 400 }, () => newJob())
  await store.insert(plain)
  const claimed = [...(await store.claim(claimRequest(150))).jobs]
  const urgent = Array.from({ length: 150 }, () => newJob({ priority: 5 }))
  const elsewhere = Array.from({ length: 50 }, () => newJob({ queue: 'another' }))
  await store.insert([...urgent, ...elsewhere])
  for (let got = -1; got !== 0; ) {
    const { jobs } = await store.claim(claimRequest(150))
    claimed.push(...jobs)
    got = jobs.length
  }
  const ids = claimed.map(({ jobId }) => jobId)
  expect(ids).toHaveLength(600)
  expect(new Set(ids)).toEqual(new Set([...plain, ...urgent, ...elsewhere].map(({ id }) => id)))
})

test('a machine whose clock is ten minutes ahead keeps to the time of the database', async () => {
  const store = await openMigrated()
  const truth = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + 600_000)
  onTestFinished(() => void vi.restoreAllMocks())
  await store.insert([newJob()])
  const [claimed] = (await store.claim(claimRequest(1))).jobs
  expect(Math.abs((claimed?.startedAt ?? 0) - truth)).toBeLessThan(60_000)
  const changes = changesTo({ status: 'retrying', delayMs: 5000 })
  await store.settle([{ lease: { jobId: claimed?.jobId ?? '', delivery: 1 }, knewOfCancel: false, changes }])
  const { runAt = 0 } = (await store.get(claimed?.jobId ?? '')) ?? {}
  expect(Math.abs(runAt - truth - 5000)).toBeLessThan(60_000)
  const claim = await store.claim(claimRequest(1))
  expect(claim.jobs).toEqual([])
  expect(Math.abs((claim.nextDueAt ?? 0) - Date.now())).toBeLessThan(6000)
})

test('claiming and settling walk indexes of what waits, and never the table or its history', async () => {
  const store = await openMigrated()
  const names = tableNames(postgres.schemaOf(store.url))
  await postgres.query(rowsOf(names.jobs, { from: 1, count: HISTORY, status: 'completed' }))
  await postgres.query(rowsOf(names.jobs, { from: 100_000, count: HISTORY, status: 'pending' }))
  const { any, given, onward, inBulk } = claimSql(names)
  for (const statistics of [false, true]) {
    if (statistics) await postgres.query(`ANALYZE ${names.jobs}`)
    const queues = ['default', 'other']
    const floors = JSON.stringify([{ queue: 'default', priority: 0, turn: 0, runAt: 1, id: `${1}`.padStart(32, '0') }])
    for (const [text, more] of [
      [any, []],
      [given, [queues]],
      [onward, [floors]],
      [inBulk.any, [[]]],
      [inBulk.given, [[], queues]],
      [inBulk.onward, [[], floors]],
    ] as const) {
      const scans = await scansOf(text, [null, 'w', 1, 100, true, ...kindParameters(null), ...more])
      expect(scans.filter((scan) => !/Index.* backbeat_jobs_(ready|due)$|^Tid Scan/.test(scan))).toEqual([])
      expect(scans.join()).toMatch(/backbeat_jobs_ready/)
    }
    const { claim, holding, expired, jobs } = writeOutSql(names)
    for (const [text, parameter] of [
      [claim, 7],
      [holding, [`${1}`.padStart(32, '0')]],
      [expired, null],
      [jobs, [`${1}`.padStart(32, '0')]],
    ] as const) {
      expect(new Set(await scansOf(text, [parameter]))).toEqual(new Set(['Index Scan backbeat_jobs_pkey']))
    }
    const leases = Array.from({ length: 100 }, (_, n) => ({ id: `${n}`.padStart(32, '0'), delivery: 1 }))
    const scans = await scansOf(settleSql(names).rest, [null, JSON.stringify(leases)])
    expect(scans).toEqual(['Index Scan backbeat_jobs_pkey'])
    for (const [how, count] of [
      ['each', 100],
      ['alike', 100],
      ['each', 8000],
      ['alike', 8000],
    ] as const) {
      const settlements = Array.from({ length: count }, (_, n) => ({
        lease: { jobId: `${n}`.padStart(32, '0'), delivery: 1 },
        changes: changesTo({ status: 'completed', result: how === 'alike' ? null : n }),
        knewOfCancel: false,
      }))
      const write = completion(settlements, new StoreTime(systemClock, false))
      expect(write.how).toBe(how)
      const plan = await planOf(completeSql(names)[how], write.parameters)
      expect(scansIn(plan)).toEqual(['Index Scan backbeat_jobs_pkey'])
      // One by one, and not all of history beside a list.
      expect(aboveScans(plan)).toEqual(['Nested Loop'])
    }
  }

  /** How the jobs are reached, by a session that has the settings of a store's. */
  async function scansOf(text: string, values: unknown[]): Promise<string[]> {
    return scansIn(await planOf(text, values))
  }

  async function planOf(text: string, values: unknown[]): Promise<Plan | undefined> {
    await postgres.query('SET enable_seqscan = off; SET random_page_cost = 1.1')
    const [plan] = await postgres.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${text}`, values)
    return plan?.['QUERY PLAN'][0].Plan
  }

  function scansIn(plan: Plan | undefined): string[] {
    return scansOfJobs(plan).map(({ scan }) => [scan['Node Type'], scan['Index Name']].filter(Boolean).join(' '))
  }

  /** What each scan is a part of. */
  function aboveScans(plan: Plan | undefined): (string | undefined)[] {
    return scansOfJobs(plan).map(({ above }) => above?.['Node Type'])
  }

  function scansOfJobs(plan: Plan | undefined): { scan: Plan; above: Plan | undefined }[] {
    const scans: { scan: Plan; above: Plan | undefined }[] = []
    const visit = (node: Plan, above?: Plan) => {
      // What runs in a queue is counted by its status, and only where the queue is limited.
      if (node.Alias?.startsWith('running')) return
      const isScan = node['Node Type'].endsWith('Scan') && node['Relation Name'] === 'backbeat_jobs'
      if (isScan) scans.push({ scan: node, above })
      for (const child of node.Plans ?? []) visit(child, node)
    }
    if (plan) visit(plan)
    return scans
  }
})

const WAITING: JobFilter = { taskType: 'a.b', status: ['pending'] }

test.each([
  ['a list', async (store: Store) => (await store.list(WAITING, { limit: 50 })).entries],
  ['a numbered page', (store: Store) => store.listFrom(WAITING, 0, 50)],
])('%s of a few waiting jobs walks no history while statistics remember a backlog', async (_, look) => {
  const store = await openMigrated()
  const schema = postgres.schemaOf(store.url)
  const { jobs } = tableNames(schema)
  // A session that ends leaves its counts to the server; one that goes on does so some time later.
  const writer = await postgres.connect()
  await writer.query(`ALTER TABLE ${jobs} SET (autovacuum_enabled = off)`)
  await writer.query(rowsOf(jobs, { from: 1, count: HISTORY, status: 'pending' }))
  await writer.query(`ANALYZE ${jobs}`)
  await writer.query(`UPDATE ${jobs} SET status = 'completed', ready = 0, completed_at = 1, attempt_started_at = 1
    WHERE id > lpad('3', 32, '0')::uuid`)
  await writer.end()
  const before = await entriesRead()
  const reader = await open(store.url)
  expect(await look(reader)).toHaveLength(3)
  await reader.close()
  await expect.poll(async () => (await entriesRead()).ready - before.ready, { timeout: 20_000 }).toBeGreaterThan(0)
  expect((await entriesRead()).pkey - before.pkey).toBeLessThan(HISTORY / 100)

  /** How many entries of which index were read so far. */
  async function entriesRead(): Promise<{ ready: number; pkey: number }> {
    await postgres.query('SELECT pg_stat_clear_snapshot()')
    const [read] = await postgres.query<{ ready: number; pkey: number }>(
      `SELECT sum(idx_tup_read) FILTER (WHERE indexrelname = 'backbeat_jobs_ready')::integer AS ready,
         sum(idx_tup_read) FILTER (WHERE indexrelname = 'backbeat_jobs_pkey')::integer AS pkey
       FROM pg_stat_user_indexes WHERE schemaname = $1`,
      [schema],
    )
    return read ?? { ready: 0, pkey: 0 }
  }
})

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  Alias?: string
  Plans?: Plan[]
}

async function runModule(source: string): Promise<{ code: number; printed: string }> {
  const flags = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning', '--input-type=module']
  const child = spawn(process.execPath, [...flags, '--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (text) => {
    printed += text
  })
  const [code] = await once(child, 'close')
  return { code, printed: printed.trim() }
}

const OPEN = JSON.stringify(new URL('./open.ts', import.meta.url).href)

test('where pg is not installed, the error says what to install', async () => {
  const { printed } = await runModule(`
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name === 'pg') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    } })
    const { openPostgresStore } = await import(${OPEN})
    const error = await openPostgresStore('postgres://localhost/app').catch((thrown) => thrown)
    console.log(error.code + ': ' + error.message)`)
  expect(printed).toMatch(/^package_missing: .*npm install pg$/)
})

test('a store that listens does not keep the process alive', async () => {
  const url = postgres.storeUrl()
  const { code, printed } = await runModule(`
    import { openPostgresStore } from ${OPEN}
    const store = await openPostgresStore(${JSON.stringify(url)})
    await store.migrate()
    store.subscribe(() => {})
    while (!store.isListening) await new Promise((resolve) => setTimeout(resolve, 5))
    console.log('listening')`)
  expect([code, printed]).toEqual([0, 'listening'])
})
