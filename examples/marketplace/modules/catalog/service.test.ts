import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openShopDatabase } from '../../database.ts'
import type { Product } from './product.ts'

const folder = mkdtempSync(join(tmpdir(), 'shop-'))
let file: string
let files = 0

beforeEach(() => {
  files += 1
  file = join(folder, String(files), 'shop.db')
})
afterAll(() => rmSync(folder, { recursive: true }))

const lamp: Product = { sku: 'L1', title: 'Lamp', description: 'tall', priceCents: 999, stock: null }

test('stores a product once, whatever the number of imports', () => {
  using db = openShopDatabase(file)
  expect(db.products.upsert('nord', lamp, 1000)).toBe('created')
  expect(db.products.upsert('nord', lamp, 2000)).toBe('unchanged')
  expect(db.products.list('nord')).toEqual([{ ...lamp, revision: 1, createdAt: 1000, updatedAt: 1000 }])
})

test.each<Partial<Product>>([{ title: 'Lampe' }, { description: '' }, { priceCents: 1000 }, { stock: 0 }])(
  'writes what differs: %j',
  (change) => {
    using db = openShopDatabase(file)
    db.products.upsert('nord', lamp, 1000)
    expect(db.products.upsert('nord', { ...lamp, ...change }, 2000)).toBe('updated')
    expect(db.products.find('nord', 'L1')).toEqual({
      ...lamp,
      ...change,
      revision: 2,
      createdAt: 1000,
      updatedAt: 2000,
    })
  },
)

test('keeps the title it knows where a feed gives none, and calls a new product by its SKU', () => {
  using db = openShopDatabase(file)
  db.products.upsert('nord', lamp, 1000)
  expect(db.products.upsert('nord', { ...lamp, title: '' }, 2000)).toBe('unchanged')
  expect(db.products.upsert('nord', { ...lamp, title: '', priceCents: 5 }, 3000)).toBe('updated')
  expect(db.products.find('nord', 'L1')).toMatchObject({ title: 'Lamp', priceCents: 5 })
  expect(db.products.upsert('nord', { ...lamp, sku: 'L2', title: '' })).toBe('created')
  expect(db.products.find('nord', 'L2')).toMatchObject({ title: 'L2' })
})

test('each shop has products of its own', () => {
  using db = openShopDatabase(file)
  db.products.upsert('nord', lamp)
  expect(db.products.upsert('sued', lamp)).toBe('created')
  expect(db.products.count('nord')).toBe(1)
  expect(db.products.count('west')).toBe(0)
})

test('lists in the order of SKUs, a page at a time', () => {
  using db = openShopDatabase(file)
  for (const sku of ['C', 'A', 'B']) db.products.upsert('nord', { ...lamp, sku })
  expect(db.products.list('nord', { limit: 2 }).map(({ sku }) => sku)).toEqual(['A', 'B'])
  expect(db.products.list('nord', { limit: 2, after: 'B' }).map(({ sku }) => sku)).toEqual(['C'])
})

test('two connections see and respect each other', () => {
  using one = openShopDatabase(file)
  using other = openShopDatabase(file)
  expect(one.products.upsert('nord', lamp, 1000)).toBe('created')
  expect(other.products.upsert('nord', lamp, 2000)).toBe('unchanged')
  expect(other.products.upsert('nord', { ...lamp, stock: 3 }, 3000)).toBe('updated')
  expect(one.products.find('nord', 'L1')?.stock).toBe(3)
})

test('threads that open a new database at the same moment all succeed, and write at once', async () => {
  const rounds = 20
  const outcomes = (await openInThreads(4, rounds)).flat()
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(rounds * 10)
  expect(outcomes.filter((outcome) => outcome === 'unchanged')).toHaveLength(rounds * 30)
})

test('refuses a database that a newer shop wrote', () => {
  openShopDatabase(file).close()
  const sql = new DatabaseSync(file)
  sql.exec('PRAGMA user_version = 999')
  sql.close()
  expect(() => openShopDatabase(file)).toThrow(expect.objectContaining({ code: 'shop_database_too_new' }))
})

/** In each round, all threads wait for one another, open the same new database and upsert the same ten products. */
function openInThreads(threads: number, rounds: number): Promise<string[][]> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { module, folder, threads, rounds, arrivals } = workerData
    import(module).then(({ openShopDatabase }) => {
      const outcomes = []
      for (let round = 0; round < rounds; round += 1) {
        Atomics.add(arrivals, round, 1)
        while (Atomics.load(arrivals, round) < threads);
        const db = openShopDatabase(folder + '/race-' + round + '.db')
        for (let number = 0; number < 10; number += 1) {
          const product = { sku: 'S' + number, title: 'T', description: '', priceCents: 1, stock: null }
          outcomes.push(db.products.upsert('nord', product))
        }
        db.close()
      }
      parentPort.postMessage(outcomes)
    })`
  const workerData = {
    module: new URL('../../database.ts', import.meta.url).href,
    folder,
    threads,
    rounds,
    arrivals: new Int32Array(new SharedArrayBuffer(4 * rounds)),
  }
  const execArgv = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']
  const runs = Array.from({ length: threads }, () => {
    const worker = new Worker(code, { eval: true, execArgv, workerData })
    return new Promise<string[]>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  })
  return Promise.all(runs)
}
