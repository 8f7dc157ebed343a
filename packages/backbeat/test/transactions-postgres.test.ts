import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import knex from 'knex'
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { BackbeatError, task } from '../src/index.ts'
import { newJob } from '../src/store/conformance/fixtures.conformance.ts'
import { openPostgresStore } from '../src/store/postgres/open.ts'
import type { PostgresStore } from '../src/store/postgres/postgres-store.ts'
import type { StoreChange } from '../src/store/store.ts'
import { createTestBackbeat, ManualClock } from '../src/testing/index.ts'
import { openPrisma } from './fixtures/prisma-client.ts'
import { usePostgres } from './postgres.ts'

const postgres = usePostgres()

const receipt = task({
  name: 'orders.send_receipt',
  input: z.object({ order: z.int(), note: z.string().optional() }),
  unique: { key: ({ order }) => String(order), period: '1h' },
  tenant: ({ order }) => `customer ${order % 3}`,
  run: ({ order }) => order,
})
const mail = task({
  name: 'orders.send_mail',
  input: z.object({ order: z.int(), note: z.string().optional() }),
  run: ({ order }) => order,
})

const inputs = Array.from({ length: 10_000 }, (_, order) => ({ order, note: "what? $1 'quoted' \\? :name ??" }))

/** How an application works with its database: by its library. */
interface Library {
  /** Calls `work` in a transaction that has written one order; commits unless it throws. */
  transaction(orders: string, work: (tx: object) => Promise<unknown>): Promise<unknown>
  /** What no transaction has begun on. */
  outside: object
  close(): Promise<unknown>
}

const LIBRARIES: [string, (url: string) => Library][] = [
  ['a client of pg', clientOfPg],
  ['Kysely', withKysely],
  ['Drizzle', withDrizzle],
  ['Knex', withKnex],
  ['Prisma', withPrisma],
]

function clientOfPg(connectionString: string): Library {
  const pool = new pg.Pool({ connectionString, max: 1 })
  const client = new pg.Client({ connectionString })
  const connected = client.connect()
  return {
    outside: client,
    close: () => Promise.all([pool.end(), client.end()]),
    async transaction(orders, work) {
      await connected
      const tx = await pool.connect()
      try {
        await tx.query('BEGIN')
        await tx.query(`INSERT INTO ${orders} VALUES (1)`)
        await work(tx)
        await tx.query('COMMIT')
      } catch (error) {
        await tx.query('ROLLBACK')
        throw error
      } finally {
        tx.release()
      }
    },
  }
}

function withKysely(connectionString: string): Library {
  const pool = new pg.Pool({ connectionString })
  // Renames the columns of all that is read.
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
  return {
    outside: db,
    close: () => db.destroy(),
    transaction: (orders, work) =>
      db.transaction().execute(async (tx) => {
        await sql.raw(`INSERT INTO ${orders} VALUES (1)`).execute(tx)
        await work(tx)
      }),
  }
}

function withDrizzle(connectionString: string): Library {
  const pool = new pg.Pool({ connectionString })
  const db = drizzle({ client: pool })
  return {
    outside: db,
    close: () => pool.end(),
    transaction: (orders, work) =>
      db.transaction(async (tx) => {
        await tx.execute(drizzleSql.raw(`INSERT INTO ${orders} VALUES (1)`))
        await work(tx)
      }),
  }
}

function withKnex(connection: string): Library {
  const db = knex({
    client: 'pg',
    connection,
    postProcessResponse: (result) => (result?.rows ? { ...result, rows: result.rows.map(inCapitals) } : result),
  })
  return {
    outside: db,
    close: () => db.destroy(),
    transaction: (orders, work) =>
      db.transaction(async (tx) => {
        await tx.raw(`INSERT INTO ${orders} VALUES (1)`)
        await work(tx)
      }),
  }
}

/** As plug-ins for Knex map snake_case to camelCase. */
function inCapitals(row: Record<string, unknown>): Record<string, unknown> {
  const renamed = (name: string) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [renamed(name), value]))
}

function withPrisma(url: string): Library {
  const prisma = openPrisma(url)
  return {
    outside: prisma,
    close: () => prisma.$disconnect(),
    transaction: (orders, work) =>
      prisma.$transaction(
        async (tx) => {
          await tx.$executeRawUnsafe(`INSERT INTO ${orders} VALUES (1)`)
          await work(tx)
        },
        { timeout: 20_000 },
      ),
  }
}

/** An application whose orders are in the same database as its jobs. */
async function setUp(open = clientOfPg) {
  const store = postgres.storeUrl()
  const backbeat = createTestBackbeat({ tasks: [receipt, mail], store })
  onTestFinished(() => backbeat.close())
  const client = await backbeat.open()
  const orders = `"${postgres.schemaOf(store)}".orders`
  await postgres.query(`CREATE TABLE ${orders} (id int PRIMARY KEY)`)
  const address = new URL(store)
  address.search = ''
  const library = open(address.href)
  onTestFinished(async () => {
    await library.close()
  })
  const count = async (table: string) =>
    Number((await postgres.query<{ count: string }>(`SELECT count(*) FROM ${table}`))[0]?.count)
  const counts = async () => [await count(orders), await count(`"${postgres.schemaOf(store)}".backbeat_jobs`)]
  const transaction = (work: (tx: object) => Promise<unknown>) => library.transaction(orders, work)
  return { backbeat, client, library, store, counts, transaction }
}

describe.each(LIBRARIES)('enqueueing in a transaction of %s', (_, open) => {
  test('leaves nothing when it is rolled back', async () => {
    const { backbeat, client, counts, transaction } = await setUp(open)
    const failed = transaction(async (tx) => {
      await backbeat.enqueue(receipt, { order: 1 }, { tx })
      await client.enqueueMany(receipt, inputs.slice(2), { tx })
      await client.enqueueMany(mail, inputs, { tx })
      throw new Error('the card was declined')
    })
    await expect(failed).rejects.toThrow('declined')
    expect(await counts()).toEqual([0, 0])
    await backbeat.enqueue(receipt, { order: 1 })
    expect(await counts()).toEqual([0, 1])
  })

  test('makes the jobs visible when it commits, one or ten thousand', async () => {
    const { backbeat, client, counts, transaction } = await setUp(open)
    const [input] = inputs
    if (!input) throw new Error('there is no input')
    await transaction(async (tx) => {
      const handle = await backbeat.enqueue(receipt, input, { tx })
      await expect(handle.get()).rejects.toMatchObject({ code: 'unknown_job' })
      const handles = await client.enqueueMany(receipt, inputs, { tx })
      expect(handles[0]?.id).toBe(handle.id)
      await client.enqueueMany(mail, inputs, { tx })
    })
    expect(await counts()).toEqual([1, 20_000])
    const again = await client.enqueueMany(receipt, [input])
    expect(await again[0]?.get()).toMatchObject({ status: 'pending', input, tenant: 'customer 0' })
    expect(await counts()).toEqual([1, 20_000])
  })

  test('is refused outside of a transaction', async () => {
    const { backbeat, library, counts } = await setUp(open)
    const refused = backbeat.enqueue(receipt, { order: 1 }, { tx: library.outside })
    await expect(refused).rejects.toMatchObject({ code: 'not_in_transaction' })
    expect(await counts()).toEqual([0, 0])
  })

  test('is refused on another database than the store', async () => {
    const { transaction } = await setUp(open)
    const elsewhere = await openPostgresStore(postgres.storeUrl())
    onTestFinished(() => elsewhere.close())
    const refused = transaction((tx) => elsewhere.insert([newJob()], tx))
    await expect(refused).rejects.toMatchObject({ code: 'foreign_transaction' })
  })

  test('that has failed is not committed', async () => {
    const { backbeat, store, counts, transaction } = await setUp(open)
    const other = await openOther(store)
    const failed = transaction(async (tx) => {
      const twice = newJob()
      await other.insert([twice], tx)
      await expect(other.insert([twice], tx)).rejects.toMatchObject({ code: 'duplicate_job_id' })
      await backbeat.enqueue(receipt, { order: 1 }, { tx })
    })
    await expect(failed).rejects.not.toBeInstanceOf(BackbeatError)
    expect(await counts()).toEqual([0, 0])
  })
})

test('the commit tells every store, and nothing does before', async () => {
  const { store, transaction } = await setUp()
  const [enqueuing, other] = [await openOther(store), await openOther(store)]
  const heard = [await listen(enqueuing), await listen(other)]
  await transaction(async (tx) => {
    await enqueuing.insert([newJob()], tx)
    await postgres.query(`SELECT pg_notify($1, 'somebody rested')`, [`backbeat_${postgres.schemaOf(store)}`])
    await expect.poll(() => heard, { interval: 5 }).toEqual([['rested'], ['rested']])
  })
  await expect
    .poll(() => heard, { interval: 5 })
    .toEqual([
      ['rested', 'ready'],
      ['rested', 'ready'],
    ])
})

test('of a hundred transactions that enqueue the same unique job at once, half of them rolled back, one job is left', async () => {
  const { backbeat } = await setUp(clientOfPg)
  const client = await backbeat.open()
  const once = { order: 4711 }
  const enqueueOnce = async (index: number) => {
    const connection = await postgres.connect()
    await connection.query('BEGIN')
    const enqueued = await backbeat.enqueue(receipt, once, { tx: connection }).then(
      () => true,
      (error: BackbeatError) => (error.code === 'already_running' ? false : Promise.reject(error)),
    )
    const commits = index % 2 === 0
    await connection.query(commits ? 'COMMIT' : 'ROLLBACK')
    await connection.end()
    return enqueued && commits
  }
  // All at once, as far as the server has connections for them; the others follow as soon as one is free.
  const waiting = Array.from({ length: 100 }, (_, index) => index)
  const stored: number[] = []
  const lane = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (await enqueueOnce(index)) stored.push(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(100, await postgres.freeConnections()) }, lane))
  const { entries } = await client.list()
  expect([stored.length, entries.length]).toEqual([1, 1])
})

test('an open transaction keeps nobody from enqueueing for the same tenant', async () => {
  const { backbeat, counts, transaction } = await setUp()
  await transaction(async (tx) => {
    await backbeat.enqueue(receipt, { order: 1 }, { tx })
    await backbeat.enqueue(receipt, { order: 4 })
  })
  expect(await counts()).toEqual([1, 2])
})

test('a collision with another transaction is the one that the library reports', async () => {
  const { store } = await setUp()
  const other = await openOther(store)
  const client = await postgres.connect()
  await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
  await client.query('SELECT 1')
  await other.insert([newJob({ uniqueKey: 'k' })])
  await expect(other.insert([newJob({ uniqueKey: 'k' })], client)).rejects.toMatchObject({ code: '40001' })
  await client.query('ROLLBACK')
})

test.each([
  ['nothing at all', {}],
  ['a pool, whose statements run anywhere', new pg.Pool()],
])('%s is no transaction', async (_, tx) => {
  const { backbeat } = await setUp()
  const refused = backbeat.enqueue(receipt, { order: 1 }, { tx })
  await expect(refused).rejects.toMatchObject({ code: 'unknown_transaction' })
})

async function openOther(url: string): Promise<PostgresStore> {
  const store = await openPostgresStore(url, { clock: new ManualClock() })
  onTestFinished(() => store.close())
  return store as PostgresStore
}

async function listen(store: PostgresStore): Promise<StoreChange[]> {
  const heard: StoreChange[] = []
  store.subscribe((change) => heard.push(change))
  await expect.poll(() => store.isListening, { timeout: 5000, interval: 5 }).toBe(true)
  return heard
}
