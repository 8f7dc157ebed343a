import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTestBackbeat } from '../src/testing/index.ts'
import { createEffectsApp, effect, plain } from './fixtures/effects-app.ts'
import { usePostgres } from './postgres.ts'

const postgres = usePostgres()

const JOBS = 300
const KILLS = 6

/** The application's table is in the store's schema, and found by the search path that the URL asks for. */
async function openPostgresLedger() {
  const schema = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = postgres.storeUrl({ schema, options: `-c search_path=${schema}` })
  await postgres.query(`CREATE SCHEMA "${schema}"`)
  await postgres.query(`CREATE TABLE "${schema}".postings (account integer NOT NULL)`)
  const counts = `SELECT account, count(*)::integer AS times FROM "${schema}".postings GROUP BY account ORDER BY account`
  return {
    store,
    postings: async () => (await postgres.query(counts)).map(({ account, times }) => [account, times]),
  }
}

async function openSqliteLedger() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const file = join(folder, 'app.db')
  const database = new DatabaseSync(file, { timeout: 10_000 })
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE postings (account INTEGER NOT NULL)')
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    store: `sqlite:${file}`,
    postings: async () =>
      database
        .prepare('SELECT account, count(*) AS times FROM postings GROUP BY account ORDER BY account')
        .all()
        .map(({ account, times }) => [account, times]),
  }
}

async function startWorkerProcess(store: string): Promise<ChildProcess> {
  const child = fork(new URL('./fixtures/effects-app.ts', import.meta.url), [store, '500ms'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

describe.each([
  ['SQLite', openSqliteLedger],
  ['Postgres', openPostgresLedger],
] as const)('a transactional task on %s', (_, openLedger) => {
  async function run(ending: 'succeed' | 'throw' | 'fail' | 'retry' | 'items') {
    const { store, postings } = await openLedger()
    const backbeat = createTestBackbeat({ tasks: [effect], store })
    onTestFinished(() => backbeat.close())
    const handle = await backbeat.enqueue(effect, { account: 7, ending })
    await backbeat.drain()
    const client = await backbeat.open()
    return { job: await handle.get(), logs: (await client.logs(handle.id)).entries, postings: await postings() }
  }

  test('commits its effects with its outcome', async () => {
    const { job, logs, postings } = await run('succeed')
    expect(job).toMatchObject({ status: 'completed', result: 7, attempt: 1 })
    expect(postings).toEqual([[7, 1]])
    expect(logs).toMatchObject([{ message: 'posting' }])
  })

  test.each([
    ['throws', 'throw', 'no such account'],
    ['says that it failed', 'fail', 'the account is closed'],
  ] as const)('that %s leaves no effect, but tells why', async (_, ending, message) => {
    const { job, logs, postings } = await run(ending)
    expect(job).toMatchObject({ status: 'failed', errorMessage: message })
    expect(postings).toEqual([])
    expect(logs).toMatchObject([{ message: 'posting' }])
  })

  test('that is retried has the effects of the attempt that succeeded only', async () => {
    const { job, postings } = await run('retry')
    expect(job).toMatchObject({ status: 'completed', attempt: 2 })
    expect(postings).toEqual([[7, 1]])
  })

  test('may work through items, whose outcomes are part of the transaction', async () => {
    const { job, postings } = await run('items')
    expect(job).toMatchObject({ status: 'completed', items: { total: 3, processed: 3, successful: 3 } })
    expect(postings).toEqual([[7, 4]])
  })

  test('is the only kind that has a transaction', async () => {
    const backbeat = createTestBackbeat({ tasks: [plain] })
    onTestFinished(() => backbeat.close())
    const handle = await backbeat.enqueue(plain, {})
    await backbeat.drain()
    const job = await handle.get()
    expect(job).toMatchObject({ status: 'failed' })
    expect(job.errorMessage).toContain('transactional: true')
  })

  test('runs in an executor thread, on a connection of its own', async () => {
    const { store, postings } = await openLedger()
    const backbeat = createEffectsApp(store)
    onTestFinished(() => backbeat.close())
    await backbeat.startWorker()
    const handles = await Promise.all(Array.from({ length: 20 }, (_, account) => backbeat.enqueue(effect, { account })))
    for (const handle of handles) expect(await handle.outcome()).toMatchObject({ status: 'completed' })
    expect(await postings()).toEqual(Array.from({ length: 20 }, (_, account) => [account, 1]))
  })

  test('has each effect there exactly once, and loses no job, however often its worker is killed', async () => {
    const { store, postings } = await openLedger()
    const backbeat = createEffectsApp(store)
    onTestFinished(() => backbeat.close())
    const client = await backbeat.open()
    await client.enqueueMany(
      effect,
      Array.from({ length: JOBS }, (_, account) => ({ account })),
    )
    const completed = async () => (await client.list({ status: ['completed'] }, { limit: JOBS })).entries.length
    for (let kills = 0; kills < KILLS; kills += 1) {
      const child = await startWorkerProcess(store)
      const enough = Math.min((await completed()) + 20, JOBS)
      while ((await completed()) < enough) await new Promise((resolve) => setTimeout(resolve, 10))
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    await startWorkerProcess(store)
    while ((await completed()) < JOBS) await new Promise((resolve) => setTimeout(resolve, 20))

    expect(await postings()).toEqual(Array.from({ length: JOBS }, (_, account) => [account, 1]))
    const { entries } = await client.list({}, { limit: JOBS })
    expect(entries.map(({ status }) => status)).toEqual(Array.from({ length: JOBS }, () => 'completed'))
    // Else none was killed in mid-job, and nothing has been shown.
    expect(entries.some(({ redeliveries }) => redeliveries > 0)).toBe(true)
  }, 120_000)
})

test('an attempt whose connection is lost is not held against its task: the job is redelivered, and its effect is there once', async () => {
  const { store, postings } = await openPostgresLedger()
  const backbeat = createTestBackbeat({ tasks: [effect], store })
  onTestFinished(() => backbeat.close())
  const handle = await backbeat.enqueue(effect, { account: 7, ending: 'cut' })
  await backbeat.drain()
  expect(await handle.get()).toMatchObject({ status: 'completed', attempt: 1, redeliveries: 1 })
  const client = await backbeat.open()
  expect((await client.attempts(handle.id)).map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
  expect(await postings()).toEqual([[7, 1]])
})
