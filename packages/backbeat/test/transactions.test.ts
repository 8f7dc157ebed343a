import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CamelCasePlugin, Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { task } from '../src/index.ts'
import { createTestBackbeat } from '../src/testing/index.ts'

const receipt = task({
  name: 'orders.send_receipt',
  input: z.object({ order: z.int() }),
  unique: { key: ({ order }) => String(order) },
  run: ({ order }) => order,
})

/** An application whose orders are in the same file as its jobs. */
async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  const file = join(folder, 'app.db')
  const backbeat = createTestBackbeat({ tasks: [receipt], store: `sqlite:${file}` })
  const client = await backbeat.open()
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)')
  onTestFinished(async () => {
    if (database.isOpen) database.close()
    await backbeat.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const jobs = async () => (await client.list({}, { limit: 100_000 })).entries.length
  const orders = () => Number(database.prepare('SELECT count(*) AS orders FROM orders').get()?.orders)
  return { backbeat, client, database, file, jobs, orders }
}

const inputs = Array.from({ length: 10_000 }, (_, order) => ({ order }))

describe('enqueueing in a transaction of node:sqlite', () => {
  test('leaves nothing when it is rolled back', async () => {
    const { backbeat, client, database, jobs, orders } = await setUp()
    database.exec('BEGIN')
    database.exec('INSERT INTO orders VALUES (1)')
    await backbeat.enqueue(receipt, { order: 1 }, { tx: database })
    await client.enqueueMany(receipt, inputs.slice(2), { tx: database })
    database.exec('ROLLBACK')
    expect([await jobs(), orders()]).toEqual([0, 0])
  })

  test('makes the jobs visible when it commits, one or ten thousand', async () => {
    const { backbeat, client, database, jobs } = await setUp()
    database.exec('BEGIN')
    const handle = await backbeat.enqueue(receipt, { order: 1 }, { tx: database })
    await expect(handle.get()).rejects.toMatchObject({ code: 'unknown_job' })
    database.exec('COMMIT')
    expect(await handle.get()).toMatchObject({ status: 'pending', input: { order: 1 } })

    database.exec('BEGIN')
    const handles = await client.enqueueMany(receipt, inputs, { tx: database })
    database.exec('COMMIT')
    expect(handles[1]?.id).toBe(handle.id)
    expect(await jobs()).toBe(10_000)
  })

  test('is refused outside of a transaction', async () => {
    const { backbeat, database, jobs } = await setUp()
    const refused = backbeat.enqueue(receipt, { order: 1 }, { tx: database })
    await expect(refused).rejects.toMatchObject({ code: 'not_in_transaction' })
    expect(await jobs()).toBe(0)
  })

  test('is refused on another database than the store', async () => {
    const { backbeat } = await setUp()
    const other = new DatabaseSync(':memory:')
    other.exec('BEGIN')
    const refused = backbeat.enqueue(receipt, { order: 1 }, { tx: other })
    await expect(refused).rejects.toMatchObject({ code: 'foreign_transaction' })
    other.close()
  })

  test('is refused with what is no transaction at all', async () => {
    const { backbeat } = await setUp()
    const refused = backbeat.enqueue(receipt, { order: 1 }, { tx: {} })
    await expect(refused).rejects.toMatchObject({ code: 'unknown_transaction' })
  })
})

describe('enqueueing in a transaction of Kysely on SQLite', () => {
  function kyselyOver(database: DatabaseSync) {
    const asExpected: SqliteDatabase = {
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...(parameters as never[])),
          run: (parameters) => statement.run(...(parameters as never[])),
          iterate: (parameters) => statement.iterate(...(parameters as never[])) as IterableIterator<unknown>,
        }
      },
    }
    return new Kysely<{ orders: { id: number } }>({
      dialect: new SqliteDialect({ database: asExpected }),
      plugins: [new CamelCasePlugin()],
    })
  }

  test('leaves nothing when it is rolled back, and the jobs when it commits', async () => {
    const { backbeat, client, database, jobs, orders } = await setUp()
    const db = kyselyOver(database)
    const failed = db.transaction().execute(async (tx) => {
      await tx.insertInto('orders').values({ id: 1 }).execute()
      await backbeat.enqueue(receipt, { order: 1 }, { tx })
      throw new Error('the card was declined')
    })
    await expect(failed).rejects.toThrow('declined')
    expect([await jobs(), orders()]).toEqual([0, 0])

    await db.transaction().execute(async (tx) => {
      await tx.insertInto('orders').values({ id: 1 }).execute()
      await client.enqueueMany(receipt, inputs, { tx })
    })
    expect([await jobs(), orders()]).toEqual([10_000, 1])
  })

  test('is refused outside of a transaction', async () => {
    const { backbeat, database } = await setUp()
    const refused = backbeat.enqueue(receipt, { order: 1 }, { tx: kyselyOver(database) })
    await expect(refused).rejects.toMatchObject({ code: 'not_in_transaction' })
  })
})
