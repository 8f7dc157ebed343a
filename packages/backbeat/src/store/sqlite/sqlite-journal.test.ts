import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { newJob } from '../conformance/fixtures.conformance.ts'
import { openSqliteStore } from './open.ts'

async function openFile() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-journal-'))
  const file = join(folder, 'jobs.db')
  const clock = new ManualClock()
  const store = openSqliteStore(`sqlite:${file}`, { clock })
  const database = new DatabaseSync(file)
  onTestFinished(async () => {
    database.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await store.migrate()
  return { store, database, clock }
}

test('jobs of a lent transaction are journalled when it commits, and never where it is rolled back', async () => {
  const { store, database } = await openFile()
  const position = await store.changePosition()
  database.exec('BEGIN')
  await store.insert([newJob()], database)
  expect(await store.changesAfter(position, 10)).toMatchObject({ jobIds: [] })
  database.exec('ROLLBACK')
  const kept = newJob()
  database.exec('BEGIN')
  await store.insert([kept], database)
  expect(await store.changesAfter(position, 10)).toMatchObject({ jobIds: [] })
  database.exec('COMMIT')
  expect(await store.changesAfter(position, 10)).toMatchObject({ jobIds: [kept.id] })
})

test('old entries are forgotten but for the last, after which the numbers go on', async () => {
  const { store, database, clock } = await openFile()
  const numbers = () => database.prepare('SELECT id FROM backbeat_changes ORDER BY id').all()
  for (let count = 0; count < 3; count += 1) await store.insert([newJob()])
  await store.tidy()
  clock.advance('15m')
  await store.tidy()
  expect(numbers()).toEqual([{ id: 3 }])
  await store.insert([newJob()])
  expect(numbers()).toEqual([{ id: 3 }, { id: 4 }])
})

test('a long backlog of old entries is forgotten in one sweep', async () => {
  const { store, database, clock } = await openFile()
  database.exec(`
    WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 12000)
    INSERT INTO backbeat_changes (job_ids) SELECT 'x' FROM counter`)
  await store.tidy()
  clock.advance('15m')
  await store.tidy()
  expect(database.prepare('SELECT count(*) AS entries FROM backbeat_changes').get()).toEqual({ entries: 1 })
})

test('a position that a file put back from a backup has not come to is one that has expired', async () => {
  const { store, database } = await openFile()
  await store.insert([newJob()])
  const position = await store.changePosition()
  database.exec('DELETE FROM backbeat_changes')
  expect(await store.changesAfter(position, 10)).toBeNull()
})
