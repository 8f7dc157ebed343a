import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ItemsSummary, type Resources, SoftTimeLimitError, type TaskContext } from 'backbeat'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openShopDatabase, type ShopDatabase } from '../../database.ts'
import { NetworkError } from './feed/errors.ts'
import { importProducts } from './import.ts'
import { SAMPLE_FAULTY_ROWS, SAMPLE_ROWS, sampleFeed } from './sample-feed.ts'

const RETAIL = join(import.meta.dirname, '../../../../../shared/data/online-retail')
const RETAIL_COLUMNS = { sku: 'StockCode', title: 'Description', price: 'UnitPrice' }

const folder = mkdtempSync(join(tmpdir(), 'import-'))
let feeds: string
let db: ShopDatabase
let tests = 0

beforeEach(() => {
  tests += 1
  feeds = join(folder, `feeds-${tests}`)
  mkdirSync(feeds)
  vi.stubEnv('MARKETPLACE_FEEDS', feeds)
  db = openShopDatabase(join(folder, `shop-${tests}.db`))
  return () => db.close()
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

test('imports the sample feed: every good row, and an error for every bad one', async () => {
  writeFileSync(join(feeds, 'sample.csv'), Buffer.concat([...sampleFeed()]))
  const attempt = newAttempt()
  expect(await importProducts(input('sample.csv'), attempt.ctx)).toEqual({
    feed: 'sample.csv',
    rows: SAMPLE_ROWS,
    imported: SAMPLE_ROWS - SAMPLE_FAULTY_ROWS,
    failed: SAMPLE_FAULTY_ROWS,
    last_attempt: { created: SAMPLE_ROWS - SAMPLE_FAULTY_ROWS, updated: 0, unchanged: 0, superseded: 0 },
  })
  expect(db.products.count('nord')).toBe(SAMPLE_ROWS - SAMPLE_FAULTY_ROWS)
  expect(attempt.errors).toHaveLength(SAMPLE_FAULTY_ROWS)
  for (const error of attempt.errors) expect(error).toMatch(/^line \d+: /)
  expect(attempt.messages.filter((message) => message.startsWith('fetching, '))).not.toEqual([])
  expect(attempt.messages.at(-1)).toBe('batch 11 of 11')
})

test('importing twice changes nothing', async () => {
  writeFileSync(join(feeds, 'sample.csv'), Buffer.concat([...sampleFeed()]))
  await importProducts(input('sample.csv'), newAttempt().ctx)
  const before = db.products.list('nord', { limit: 10_000 })
  expect(await importProducts(input('sample.csv'), newAttempt().ctx)).toMatchObject({
    last_attempt: { created: 0, updated: 0, unchanged: before.length },
  })
  expect(db.products.list('nord', { limit: 10_000 })).toEqual(before)
})

test('of several rows with one SKU the last good one counts, and importing twice still changes nothing', async () => {
  writeFileSync(join(feeds, 'twice.csv'), 'sku,title,price\nA,old,1\nB,other,5\nA,new,2\nA,bad,\n')
  expect(await importProducts(input('twice.csv'), newAttempt().ctx)).toMatchObject({
    rows: 4,
    imported: 3,
    failed: 1,
    last_attempt: { created: 2, superseded: 1 },
  })
  const before = db.products.list('nord')
  expect(before).toMatchObject([{ sku: 'A', title: 'new', priceCents: 200, revision: 1 }, { sku: 'B' }])
  await importProducts(input('twice.csv'), newAttempt().ctx)
  expect(db.products.list('nord')).toEqual(before)
})

test('a connection that is dropped in the middle is transient, and changes no product', async () => {
  const server = createServer((_, response) => {
    response.write(Buffer.concat([...sampleFeed()].slice(0, 5)), () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const importing = importProducts({ shop: 'nord', url: `http://127.0.0.1:${port}/`, columns: {} }, newAttempt().ctx)
  await expect(importing).rejects.toBeInstanceOf(NetworkError)
  server.close()
  expect(db.products.count('nord')).toBe(0)
})

test('a feed that is missing, or is no CSV, changes no product', async () => {
  writeFileSync(join(feeds, 'page.csv'), '<!doctype html>')
  await expect(importProducts(input('page.csv'), newAttempt().ctx)).rejects.toMatchObject({ code: 'not_csv' })
  await expect(importProducts(input('none.csv'), newAttempt().ctx)).rejects.toMatchObject({ code: 'feed_not_found' })
  expect(db.products.count('nord')).toBe(0)
})

test('returns what it has when time runs out', async () => {
  writeFileSync(join(feeds, 'sample.csv'), Buffer.concat([...sampleFeed()]))
  const attempt = newAttempt({ stopAfter: 1200 })
  const returned = await importProducts(input('sample.csv'), attempt.ctx)
  expect(returned).toMatchObject({
    kind: 'warn',
    result: { rows: SAMPLE_ROWS, imported: 1200 - attempt.errors.length },
    warnings: [`Time ran out after 1200 of ${SAMPLE_ROWS} rows. Import the feed again to get the rest.`],
  })
  expect(db.products.count('nord')).toBe(1200 - attempt.errors.length)
})

test('leaves no temporary file behind, however it ends', async () => {
  const temporary = join(folder, `tmp-${tests}`)
  mkdirSync(temporary)
  vi.stubEnv('TMPDIR', temporary)
  writeFileSync(join(feeds, 'good.csv'), 'sku,title,price\nA,Lamp,1\n')
  writeFileSync(join(feeds, 'bad.csv'), 'sku,title\nA,Lamp\n')
  await importProducts(input('good.csv'), newAttempt().ctx)
  await importProducts(input('bad.csv'), newAttempt().ctx).catch(() => undefined)
  vi.stubEnv('TMPDIR', undefined)
  expect(readdirSync(temporary)).toEqual([])
})

describe.skipIf(!existsSync(RETAIL))('the Online Retail data (skipped where ../shared/data is absent)', () => {
  test('imports its products by StockCode, and twice changes nothing', async () => {
    const days = readdirSync(RETAIL).filter((name) => name.endsWith('.csv'))
    const [header = '', ...lines] = days.flatMap((day) => linesOf(join(RETAIL, day)).slice(day === days[0] ? 0 : 1))
    writeFileSync(join(feeds, 'retail.csv'), [header, ...lines].join('\n'))
    const codes = new Set(lines.map((line) => line.split(',')[1]))

    const first = newAttempt()
    expect(await importProducts({ ...input('retail.csv'), columns: RETAIL_COLUMNS }, first.ctx)).toMatchObject({
      rows: lines.length,
      imported: lines.length,
      failed: 0,
      last_attempt: { created: codes.size, updated: 0, unchanged: 0 },
    })
    expect(db.products.count('nord')).toBe(codes.size)
    expect(db.products.find('nord', '85123A')).toMatchObject({ title: 'WHITE HANGING HEART T-LIGHT HOLDER' })

    const before = db.products.list('nord', { limit: 10_000 })
    await importProducts({ ...input('retail.csv'), columns: RETAIL_COLUMNS }, newAttempt().ctx)
    expect(db.products.list('nord', { limit: 10_000 })).toEqual(before)
  })
})

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

function input(file: string) {
  return { shop: 'nord', file, columns: {} }
}

/** A context that works through items as an executor does, and keeps what it was told. */
function newAttempt({ stopAfter = Number.POSITIVE_INFINITY } = {}) {
  const controller = new AbortController()
  const errors: string[] = []
  const messages: string[] = []
  const summary: ItemsSummary = { total: 0, processed: 0, successful: 0, failed: 0, duplicates: 0 }
  const log = () => undefined
  const ctx: Pick<TaskContext & Resources, 'signal' | 'log' | 'progress' | 'items' | 'db'> = {
    signal: controller.signal,
    log: { debug: log, info: log, warn: log, error: log },
    db,
    progress: (_, message) => void messages.push(message ?? ''),
    async items(source, fn, { key, batch = 100, total = 0, message }) {
      const keys = new Set<string>()
      const record = () => {
        const [at, batches] = [Math.ceil(summary.processed / batch), Math.ceil(total / batch)]
        messages.push(message?.({ batch: at, batches, ...summary }) ?? '')
      }
      for await (const item of source) {
        keys.add(key(item, summary.processed))
        try {
          await fn(item, { position: summary.processed, attempt: 1, signal: controller.signal })
          summary.successful += 1
        } catch (error) {
          errors.push(String((error as Error).message))
          summary.failed += 1
        }
        summary.processed += 1
        if (summary.processed % batch === 0) record()
        if (summary.processed === stopAfter) controller.abort(new SoftTimeLimitError(1000))
        if (controller.signal.aborted) break
      }
      record()
      controller.signal.throwIfAborted()
      expect(keys.size).toBe(summary.processed)
      return summary
    },
  }
  return { ctx: ctx as TaskContext & Resources, errors, messages }
}
