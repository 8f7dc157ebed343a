import { buffer } from 'node:stream/consumers'
import { AlreadyRunningError } from 'backbeat'
import { describe, expect, test, vi } from 'vitest'
import { type CatalogPagesOptions, catalogPages, type ImportJob } from './pages.ts'
import { sampleFeed } from './sample-feed.ts'

const running: ImportJob = {
  id: 'job-1',
  status: 'running',
  completedAt: null,
  progressPercent: 45,
  progressMessage: 'batch 5 of 11',
  items: { total: 5400, processed: 2500, successful: 2490, failed: 10 },
  errorMessage: null,
  warnings: [],
}
const finished: ImportJob = { ...running, status: 'completed_with_warnings', completedAt: 1, progressPercent: 100 }

test('the page shows the number of products and where operators look', async () => {
  const page = await (await shopPages().request('/')).text()
  expect(page).toContain('<output id="products">1,234</output>')
  expect(page).toContain('<a href="/api/v1/admin/background-tasks">')
})

test('the page escapes what it is given', async () => {
  const page = await (await shopPages({ shop: '<script>alert(1)</script>' }).request('/')).text()
  expect(page).not.toContain('<script>alert')
})

test('the page has no inline script and allows none', async () => {
  const response = await shopPages().request('/')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(await response.text()).not.toMatch(/<script(?! type="module" src="\/shop.js">)/)
  for (const path of ['/shop.js', '/shop.css']) expect((await shopPages().request(path)).status).toBe(200)
})

test('serves the sample feed as it is generated', async () => {
  const response = await shopPages().request('/feeds/sample.csv')
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect((await buffer(response.body as ReadableStream)).equals(Buffer.concat([...sampleFeed()]))).toBe(true)
})

describe('starting an import', () => {
  test('asks for the sample feed of this server', async () => {
    const startImport = vi.fn(async () => ({ id: 'job-1' }))
    const response = await start(shopPages({ startImport }), { feed: 'sample' })
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ id: 'job-1', started: true })
    expect(startImport).toHaveBeenCalledWith('nord', 'http://127.0.0.1:3000/feeds/sample.csv')
  })

  test('points to the import that is running already', async () => {
    const startImport = async () => Promise.reject(new AlreadyRunningError('catalog.product_import', 'job-0'))
    const response = await start(shopPages({ startImport }), { feed: 'sample' })
    expect(await response.json()).toEqual({ id: 'job-0', started: false })
  })

  test('refuses any other feed', async () => {
    expect((await start(shopPages(), { feed: 'http://elsewhere.example' })).status).toBe(422)
    expect((await start(shopPages(), undefined)).status).toBe(422)
  })

  test('refuses a form of another site', async () => {
    const response = await shopPages().request('/shop/imports', {
      method: 'POST',
      headers: { 'content-type': 'text/plain', origin: 'http://elsewhere.example' },
      body: '{"feed": "sample"}',
    })
    expect(response.status).toBe(403)
  })
})

describe('watching an import', () => {
  test('after a reload the latest import is found again', async () => {
    expect(await (await shopPages().request('/shop/imports/latest')).json()).toMatchObject({
      id: 'job-1',
      status: 'running',
      done: false,
      percent: 45,
      message: 'batch 5 of 11',
      failed_rows: [],
    })
  })

  test('when it is done, the rows that failed say why', async () => {
    const pages = shopPages({ findImport: async () => finished })
    expect(await (await pages.request('/shop/imports/job-1')).json()).toMatchObject({
      done: true,
      products: 1234,
      failed_rows: ['line 17: the price is missing', '18:A2'],
    })
  })

  test('says so where there is none', async () => {
    const pages = shopPages({ findImport: async () => undefined, latestImport: async () => undefined })
    expect((await pages.request('/shop/imports/latest')).status).toBe(204)
    expect((await pages.request('/shop/imports/job-9')).status).toBe(404)
  })
})

function shopPages(options: Partial<CatalogPagesOptions> = {}) {
  return catalogPages({
    shop: 'nord',
    products: { count: () => 1234 },
    origin: () => 'http://127.0.0.1:3000',
    operatorsUrl: '/api/v1/admin/background-tasks',
    startImport: async () => ({ id: 'job-1' }),
    findImport: async () => running,
    latestImport: async () => running,
    failedRows: async () => [
      { key: '17:A1', errorMessage: 'line 17: the price is missing' },
      { key: '18:A2', errorMessage: null },
    ],
    ...options,
  })
}

function start(pages: ReturnType<typeof catalogPages>, body: unknown) {
  return pages.request('/shop/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body) ?? '',
  })
}
