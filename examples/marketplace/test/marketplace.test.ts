import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openShopDatabase } from '../database.ts'
import { SAMPLE_FAULTY_ROWS, SAMPLE_ROWS, sampleFeed } from '../modules/catalog/sample-feed.ts'
import { MarketplaceProcess } from './marketplace-process.ts'

const RETAIL = join(import.meta.dirname, '../../../../shared/data/online-retail')
const RETAIL_COLUMNS = { sku: 'StockCode', title: 'Description', price: 'UnitPrice' }

const folder = mkdtempSync(join(tmpdir(), 'marketplace-'))
const data = join(folder, 'data')
const feeds = existsSync(RETAIL) ? RETAIL : join(folder, 'feeds')
let marketplace: MarketplaceProcess

beforeAll(async () => {
  marketplace = await MarketplaceProcess.start({ MARKETPLACE_DATA: data, MARKETPLACE_FEEDS: feeds })
})
afterAll(async () => {
  await marketplace?.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

/** What the shop sells, without when that was written. */
function productsOf(shop: string) {
  using db = openShopDatabase(join(data, 'shop.db'))
  return db.products.list(shop, { limit: 100_000 }).map(({ sku, title, priceCents }) => ({ sku, title, priceCents }))
}

describe('a newcomer', () => {
  test('pastes the printed line and sees the sample feed imported, with an error for each bad row', async () => {
    const line = marketplace.welcome.split('\n').find((text) => text.includes('curl -X POST')) ?? ''
    const answer = JSON.parse(execFileSync('sh', ['-c', line.replace('curl', 'curl -s')], { encoding: 'utf8' }))
    expect(Object.keys(answer).sort()).toEqual(['job_id', 'message', 'status', 'status_url', 'task_type'])

    const job = await marketplace.until(answer.status_url)
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      progress_percent: 100,
      progress_message: 'batch 11 of 11',
      total_items: SAMPLE_ROWS,
      processed_items: SAMPLE_ROWS,
      successful_items: SAMPLE_ROWS - SAMPLE_FAULTY_ROWS,
      failed_items: SAMPLE_FAULTY_ROWS,
    })
    expect(productsOf('nord')).toHaveLength(SAMPLE_ROWS - SAMPLE_FAULTY_ROWS)
    const { body } = await marketplace.request(`${answer.status_url}/items?status=failed&limit=200`)
    const items = body.items as { error_message: string }[]
    expect(items).toHaveLength(SAMPLE_FAULTY_ROWS)
    for (const { error_message } of items) expect(error_message).toMatch(/^line \d+: /)
  })

  test('retries the failed rows only', async () => {
    const done = await marketplace.until(
      await marketplace.import({ shop: 'sued', url: `${marketplace.origin}/feeds/sample.csv` }),
    )
    const { status, body } = await marketplace.request(`/api/v1/admin/background-tasks/${done.id}/retry-failed-items`, {
      method: 'POST',
    })
    expect(status).toBe(202)
    expect(await marketplace.until(body.status_url as string)).toMatchObject({
      status: 'completed_with_warnings',
      retried_from_id: done.id,
      total_items: SAMPLE_FAULTY_ROWS,
      processed_items: SAMPLE_FAULTY_ROWS,
      failed_items: SAMPLE_FAULTY_ROWS,
    })
  })
})

describe.skipIf(!existsSync(RETAIL))('twenty days of a real shop (skipped where ../shared/data is absent)', () => {
  const days = existsSync(RETAIL) ? readdirSync(RETAIL).filter((name) => name.endsWith('.csv')) : []
  const shell = (pipeline: string) =>
    Number(execFileSync('sh', ['-c', `cd "${RETAIL}" && ${pipeline}`], { encoding: 'utf8' }))

  async function importAll(): Promise<number> {
    let rows = 0
    for (const file of days) {
      const job = await marketplace.until(await marketplace.import({ shop: 'retail', file, columns: RETAIL_COLUMNS }))
      expect(job).toMatchObject({ status: 'completed', failed_items: 0 })
      rows += job.successful_items
    }
    return rows
  }

  test('are imported as awk and sort count them, and a second time changes nothing', async () => {
    expect(await importAll()).toBe(shell(`awk 'FNR > 1' *.csv | wc -l`))
    const products = productsOf('retail')
    expect(products).toHaveLength(shell(`awk 'FNR > 1' *.csv | cut -d, -f2 | sort -u | wc -l`))

    await importAll()
    expect(productsOf('retail')).toEqual(products)
  }, 120_000)
})

describe('an import that cannot be done', () => {
  test('a second one of the same shop is refused with the id of the first', async () => {
    const slow = createServer((_, response) => void response.write('sku,title,price\n'))
    await new Promise<void>((listening) => slow.listen(0, '127.0.0.1', listening))
    onTestFinished(() => {
      slow.closeAllConnections()
      slow.close()
    })
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/feed.csv`
    const statusUrl = await marketplace.import({ shop: 'busy', url })
    const again = await marketplace.request('/api/v1/catalog/product-import', {
      method: 'POST',
      body: { shop: 'busy', url },
    })
    expect(again).toMatchObject({ status: 409, body: { code: 'already_running' } })
    expect(statusUrl).toContain(again.body.active_job_id as string)

    const cancelled = await marketplace.request(`${statusUrl}/cancel`, { method: 'POST' })
    expect(cancelled.status).toBe(200)
    expect(await marketplace.until(statusUrl)).toMatchObject({ status: 'cancelled' })
  })

  test('a file that is not there fails once, with a message that names it', async () => {
    const job = await marketplace.until(await marketplace.import({ shop: 'missing', file: 'nowhere.csv' }))
    expect(job).toMatchObject({ status: 'failed', attempt: 1, error_message: expect.stringContaining('nowhere.csv') })
    expect(productsOf('missing')).toEqual([])
  })

  test('a dropped connection is retried, and nothing of the half feed is stored', async () => {
    const dropping = createServer((_, response) => {
      response.write('sku,title,price\nA1,Lamp,1\n', () => response.destroy())
    })
    await new Promise<void>((listening) => dropping.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void dropping.close())
    const url = `http://127.0.0.1:${(dropping.address() as AddressInfo).port}/feed.csv`
    const statusUrl = await marketplace.import({ shop: 'dropped', url })
    const job = await marketplace.until(statusUrl, ({ status }) => status !== 'pending' && status !== 'running')
    expect(job).toMatchObject({ status: 'retrying', attempt: 1, error_type: 'NetworkError' })
    expect(productsOf('dropped')).toEqual([])
    await marketplace.request(`${statusUrl}/cancel`, { method: 'POST' })
  })
})

describe('a marketplace that is killed in mid-import and started again', () => {
  test('goes on with the import: no product twice, two attempts recorded', async () => {
    const rows = 30_000
    const killedData = join(folder, 'killed')
    const killedFeeds = join(killedData, 'feeds')
    mkdirSync(killedFeeds, { recursive: true })
    writeFileSync(join(killedFeeds, 'large.csv'), Buffer.concat([...sampleFeed(rows)]))
    const env = { MARKETPLACE_DATA: killedData, MARKETPLACE_FEEDS: killedFeeds }

    const first = await MarketplaceProcess.start(env)
    onTestFinished(async () => void (await first.kill('SIGKILL')))
    const statusUrl = await first.import({ shop: 'nord', file: 'large.csv' })
    await first.until(statusUrl, ({ processed_items }) => processed_items >= 5000)
    await first.kill('SIGKILL')

    const second = await MarketplaceProcess.start(env)
    onTestFinished(async () => void (await second.kill('SIGTERM')))
    const job = await second.until(statusUrl)
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      redeliveries: 1,
      total_items: rows,
      processed_items: rows,
      failed_items: SAMPLE_FAULTY_ROWS,
    })
    const { body } = await second.request(`${statusUrl}/attempts`)
    expect((body.items as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(['lost', 'completed'])
    using db = openShopDatabase(join(killedData, 'shop.db'))
    expect(db.products.count('nord')).toBe(rows - SAMPLE_FAULTY_ROWS)
    // What had been done and recorded was not done again; a product that was has not changed.
    expect(db.products.list('nord', { limit: rows }).every(({ revision }) => revision === 1)).toBe(true)
  }, 120_000)
})
