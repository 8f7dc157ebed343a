import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { newJob } from '../conformance/fixtures.conformance.ts'
import type { Store } from '../store.ts'
import { Checkpoints } from './checkpoints.ts'
import { openSqliteStore } from './open.ts'
import { openSqliteHeartbeatRecords } from './open-heartbeat-records.ts'

/** More than a thousand pages of log, and less than four thousand. */
const MANY = 20_000

async function openTemporary() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const file = join(folder, 'jobs.db')
  const store = openSqliteStore(`sqlite:${file}`)
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await store.migrate()
  return {
    store,
    /** How many jobs are in the database itself, without its log. */
    jobsInDatabase(): number {
      const copy = join(folder, 'copy.db')
      copyFileSync(file, copy)
      const database = new DatabaseSync(copy)
      try {
        const isThere = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'backbeat_jobs'`).get()
        return isThere ? Number(database.prepare('SELECT count(*) AS count FROM backbeat_jobs').get()?.count) : 0
      } finally {
        database.close()
      }
    },
  }
}

function storeMany(store: Store) {
  return store.insert(Array.from({ length: MANY }, () => newJob()))
}

test('without a heartbeat, whoever writes copies the log into the database', async () => {
  const { store, jobsInDatabase } = await openTemporary()
  await storeMany(store)
  expect(jobsInDatabase()).toBe(MANY)
})

test('a writer with a heartbeat leaves that to it, and does it again once the heartbeat has gone', async () => {
  const { store, jobsInDatabase } = await openTemporary()
  const heartbeat = new Checkpoints(store.shared as SharedArrayBuffer)
  heartbeat.help(true)
  await storeMany(store)
  expect(jobsInDatabase()).toBe(0)
  heartbeat.help(false)
  await store.insert([newJob()])
  expect(jobsInDatabase()).toBe(MANY + 1)
})

test('a heartbeat copies the log when there is much of it', async () => {
  const { store, jobsInDatabase } = await openTemporary()
  const records = openSqliteHeartbeatRecords(store.url, store.shared)
  onTestFinished(() => records.close())
  await storeMany(store)
  expect(jobsInDatabase()).toBe(0)
  await expect.poll(jobsInDatabase, { timeout: 10_000 }).toBe(MANY)
})

test('a database in memory has no log, and nothing to help with', () => {
  const store = openSqliteStore('sqlite::memory:')
  onTestFinished(() => store.close())
  expect(store.shared).toBeNull()
})
