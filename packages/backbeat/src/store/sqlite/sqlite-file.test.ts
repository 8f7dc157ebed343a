import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { newJob } from '../conformance/fixtures.conformance.ts'
import { PATIENCE } from '../sql/job-search.ts'
import { MIGRATIONS } from '../sql/migrations.ts'
import type { Store } from '../store.ts'
import { CLAIM_SQL } from './claim.ts'
import { SqliteConnection } from './connection.ts'
import { parseLocation } from './location.ts'
import { migrate } from './migrate.ts'
import { openSqliteStore } from './open.ts'
import { SqliteStore } from './sqlite-store.ts'

const OPEN = new URL('./open.ts', import.meta.url).href

const folder = mkdtempSync(join(tmpdir(), 'backbeat-sqlite-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function newFile(): string {
  return join(folder, `${++files}.db`)
}

async function withStore(url: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = openSqliteStore(url)
  try {
    await store.migrate()
    await work(store)
  } finally {
    await store.close()
  }
}

/** Runs a module in a process of its own and answers what it printed. */
function runProcess(source: string): Promise<string> {
  const flags = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning', '--input-type=module']
  const child = spawn(process.execPath, [...flags, '--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (text) => {
    printed += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve(printed) : reject(new Error(`exit ${code}: ${printed}`))))
  })
}

test('processes that start at once migrate one file, and share its jobs without running one twice', async () => {
  const url = `sqlite:${newFile()}`
  const jobs = Array.from({ length: 2000 }, () => newJob())
  const claimAll = (worker: string) => `
    import { openSqliteStore } from ${JSON.stringify(OPEN)}
    const store = openSqliteStore(${JSON.stringify(url)})
    await store.migrate()
    const claimed = []
    while (claimed.at(-1) !== 'end') {
      const { jobs } = await store.claim({ worker: '${worker}', limit: 10, queues: null, leaseMs: 60000 })
      for (const job of jobs) claimed.push(job.taskType === 'demo.end' ? 'end' : job.jobId)
    }
    console.log(JSON.stringify(claimed.slice(0, -1)))
    await store.close()`
  const processes = ['a', 'b', 'c'].map((worker) => runProcess(claimAll(worker)))
  await withStore(url, async (store) => {
    for (let from = 0; from < jobs.length; from += 100) await store.insert(jobs.slice(from, from + 100))
    // Low priority, so that each process meets its end only when all else is claimed; one each.
    const ends = [-1, -2, -3].map((priority) => newJob({ taskType: 'demo.end', priority }))
    let running = processes.length
    for (const each of processes) each.finally(() => (running -= 1))
    for (const end of ends) {
      const before = running
      await store.insert([end])
      await expect.poll(() => running, { timeout: 20_000 }).toBeLessThan(before)
    }
  })
  const claimed = (await Promise.all(processes)).map((printed) => JSON.parse(printed) as string[])
  expect(claimed.flat()).toHaveLength(jobs.length)
  expect(new Set(claimed.flat())).toEqual(new Set(jobs.map(({ id }) => id)))
})

test('a database in memory is reached by its url from another thread', async () => {
  await withStore('sqlite::memory:', async (store) => {
    const job = newJob()
    await store.insert([job])
    const source = `
      const { parentPort } = require('node:worker_threads')
      import(${JSON.stringify(OPEN)}).then(async ({ openSqliteStore }) => {
        const store = openSqliteStore(${JSON.stringify(store.url)})
        parentPort.postMessage((await store.get('${job.id}')).status)
        await store.close()
      })`
    const worker = new Worker(source, { eval: true, execArgv: ['--conditions=backbeat-source'] })
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    await worker.terminate()
    expect(answer).toBe('pending')
  })
})

test('a job that had to wait for another writer starts after what that one wrote', async () => {
  const file = join(folder, 'waiting.db')
  await withStore(`sqlite:${file}`, async (store) => {
    await store.insert([newJob()])
    // Holds the write lock for a while, then says when it let go.
    const source = `
      const { parentPort } = require('node:worker_threads')
      const { DatabaseSync } = require('node:sqlite')
      const database = new DatabaseSync(${JSON.stringify(file)})
      database.exec('BEGIN IMMEDIATE')
      parentPort.postMessage('held')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
      const letGoAt = Date.now()
      database.exec('COMMIT')
      parentPort.postMessage(letGoAt)`
    const holder = new Worker(source, { eval: true })
    const told = new Promise<number>((resolve) => {
      holder.on('message', (message) => typeof message === 'number' && resolve(message))
    })
    await once(holder, 'message')
    const { jobs } = await store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 15_000 })
    expect(jobs[0]?.startedAt).toBeGreaterThanOrEqual(await told)
    await holder.terminate()
  })
})

test('two databases in memory have nothing in common', async () => {
  await withStore('sqlite::memory:', async (one) => {
    await withStore('sqlite::memory:', async (other) => {
      const job = newJob()
      await one.insert([job])
      expect(await other.get(job.id)).toBeUndefined()
    })
  })
})

test('folders that are missing are created, and the url is absolute', async () => {
  const file = join(folder, 'deep', 'er', 'a b%20#.db')
  await withStore(`sqlite:${file}?synchronous=full`, async (store) => {
    expect(existsSync(file)).toBe(true)
    expect(store.url).toBe(`sqlite:${file}?synchronous=full`)
  })
})

test.each([
  'postgres://localhost/app',
  'sqlite:',
  'sqlite:?synchronous=full',
  'sqlite:x.db?synchronous=off',
  'sqlite:x.db?mode=ro',
  'sqlite://data/x.db',
  'sqlite:memory:',
  'sqlite:memory:a/b',
  'sqlite:a\0b',
])('the url %j is refused', (url) => {
  expect(() => openSqliteStore(url)).toThrow(expect.objectContaining({ code: 'invalid_store_url' }))
})

test('a file that is no database is refused, and left as it is', () => {
  const file = newFile()
  writeFileSync(file, 'a shopping list, and much more text than the header of a database has, so that it is read')
  expect(() => openSqliteStore(`sqlite:${file}`)).toThrow(expect.objectContaining({ code: 'store_not_a_database' }))
})

test('a path that cannot be opened is refused', () => {
  const directory = newFile()
  mkdirSync(directory)
  expect(() => openSqliteStore(`sqlite:${directory}`)).toThrow(expect.objectContaining({ code: 'store_unavailable' }))
  const file = newFile()
  writeFileSync(file, '')
  expect(() => openSqliteStore(`sqlite:${file}/x.db`)).toThrow(expect.objectContaining({ code: 'store_unavailable' }))
})

test('a process that finds the tables made while it waited for the lock makes nothing', async () => {
  const location = parseLocation(`sqlite:${newFile()}`)
  const faster = new SqliteConnection(location)
  class Slower extends SqliteConnection {
    override write<Result>(work: () => Result): Result {
      // Its first step is taken before it first waits.
      void migrate(faster, 1, MIGRATIONS)
      return super.write(work)
    }
  }
  const slower = new Slower(location)
  await migrate(slower, 2, MIGRATIONS)
  const applied = faster.database.prepare('SELECT applied_at FROM backbeat_migrations').all()
  expect(applied.every(({ applied_at }) => applied_at === 1)).toBe(true)
  expect(applied).not.toEqual([])
  slower.close()
  faster.close()
})

test('tables of a newer version are refused, and left as they are', async () => {
  const file = newFile()
  await withStore(`sqlite:${file}`, async (store) => {
    const database = new DatabaseSync(file)
    database.exec(`INSERT INTO backbeat_migrations VALUES (999, 'from the future', 0, 998)`)
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'schema_too_new',
      message: expect.stringContaining('version 999'),
    })
    database.close()
  })
})

test('tables of the application in the same file are left alone', async () => {
  const file = newFile()
  const database = new DatabaseSync(file)
  database.exec(`CREATE TABLE jobs (title TEXT); INSERT INTO jobs VALUES ('carpenter')`)
  await withStore(`sqlite:${file}`, async (store) => {
    await store.insert([newJob()])
  })
  expect(database.prepare('SELECT title FROM jobs').all()).toEqual([{ title: 'carpenter' }])
  const names = database.prepare(`SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`).all()
  expect(names.map(({ name }) => name).filter((name) => !String(name).startsWith('backbeat_'))).toEqual(['jobs'])
  database.close()
})

test('a disk that is full is named, what was being written is undone, and the store works on', async () => {
  const file = newFile()
  await withStore(`sqlite:${file}`, async (store) => {
    const connection = new SqliteConnection(parseLocation(store.url))
    const full = new SqliteStore(connection, { now: Date.now, setTimer: () => ({ cancel() {} }) }, MIGRATIONS, PATIENCE)
    connection.database.exec('PRAGMA max_page_count = 1')
    const jobs = Array.from({ length: 500 }, () => newJob({ input: 'x'.repeat(1000) }))
    await expect(full.insert(jobs)).rejects.toMatchObject({ code: 'store_full', status: 503 })
    expect((await full.list({}, { limit: 1 })).entries).toEqual([])
    connection.database.exec('PRAGMA max_page_count = 1000000')
    expect((await full.insert(jobs)).every(({ inserted }) => inserted)).toBe(true)
    connection.database.exec('PRAGMA query_only = 1')
    await expect(full.insert([newJob()])).rejects.toMatchObject({ code: 'store_read_only' })
    await full.close()
  })
})

test('claiming walks the indexes of what waits, never the table or its history', async () => {
  const file = newFile()
  await withStore(`sqlite:${file}`, async (store) => {
    await store.insert(Array.from({ length: 500 }, () => newJob()))
    const database = new DatabaseSync(file)
    for (const statistics of [false, true]) {
      if (statistics) database.exec('ANALYZE')
      for (const [name, text] of Object.entries(CLAIM_SQL)) {
        const parameters = Array.from(
          { length: name.startsWith('take') ? 4 : (text.match(/\?/g)?.length ?? 0) },
          () => 0,
        )
        const plan = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameters)
        for (const { detail } of plan) {
          if (!String(detail).includes('backbeat_jobs')) {
            expect(detail).not.toMatch(/TEMP B-TREE/)
            continue
          }
          expect(`${name}: ${detail}`).toMatch(
            /INDEX backbeat_jobs_(ready|due)\b|INTEGER PRIMARY KEY|autoindex.*\(id=\?\)/,
          )
        }
      }
    }
    database.close()
  })
})
