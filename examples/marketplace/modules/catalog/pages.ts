import { readFileSync } from 'node:fs'
import { AlreadyRunningError, type Item, type Job } from 'backbeat'
import { type Context, Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import * as z from 'zod'
import { cataloguePage } from './page.ts'
import { LARGE_SAMPLE_ROWS, SAMPLE_ROWS, sampleFeed } from './sample-feed.ts'
import type { ProductRepository } from './service.ts'

/** What the page shows of an import. */
export type ImportJob = Pick<
  Job,
  'id' | 'status' | 'completedAt' | 'progressPercent' | 'progressMessage' | 'items' | 'errorMessage' | 'warnings'
>

type FailedRow = Pick<Item, 'key' | 'errorMessage'>

/** What the shop's pages need from the application. */
export interface CatalogPagesOptions {
  /** The shop that the pages are of. */
  shop: string
  products: Pick<ProductRepository, 'count'>
  /** Where this server can be reached by the import, such as `http://127.0.0.1:3000`. */
  origin: () => string
  /** Where operators look. */
  operatorsUrl: string
  /** @throws AlreadyRunningError where the shop imports already */
  startImport(shop: string, url: string): Promise<{ id: string }>
  /** The import of that id; not any other kind of job. */
  findImport(id: string): Promise<ImportJob | undefined>
  /** The import of the shop that was started last, active or not. */
  latestImport(shop: string): Promise<ImportJob | undefined>
  /** The first rows that could not be imported. */
  failedRows(id: string, limit: number): Promise<readonly FailedRow[]>
}

const SHOWN_FAILED_ROWS = 50
const FEEDS = { sample: SAMPLE_ROWS, large: LARGE_SAMPLE_ROWS }

const startBody = z.object({ feed: z.enum(['sample', 'large']) })

/** The catalogue's page for the people of the shop, the calls behind it, and the sample feed. */
export function catalogPages(options: CatalogPagesOptions): Hono {
  const { shop, products, origin, operatorsUrl } = options
  const pages = new Hono()
  const protect = secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ['data:'], frameAncestors: ["'none'"] },
  })

  pages.get('/', protect, (c) => c.html(cataloguePage({ shop, products: products.count(shop), operatorsUrl })))
  pages.get('/shop.js', protect, asset('shop.js', 'text/javascript'))
  pages.get('/shop.css', protect, asset('shop.css', 'text/css'))

  for (const [name, rows] of Object.entries(FEEDS)) {
    pages.get(`/feeds/${name}.csv`, (c) => {
      c.header('content-type', 'text/csv; charset=utf-8')
      return c.body(ReadableStream.from(sampleFeed(rows)) as ReadableStream)
    })
  }

  pages.use('/shop/*', csrf())
  pages.post('/shop/imports', async (c) => {
    const body = startBody.safeParse(await c.req.json().catch(() => undefined))
    if (!body.success) return c.json({ error: 'Say which feed: {"feed": "sample"} or {"feed": "large"}.' }, 422)
    try {
      const { id } = await options.startImport(shop, `${origin()}/feeds/${body.data.feed}.csv`)
      return c.json({ id, started: true }, 202)
    } catch (error) {
      if (!(error instanceof AlreadyRunningError)) throw error
      return c.json({ id: error.activeJobId, started: false }, 200)
    }
  })
  pages.get('/shop/imports/latest', async (c) => {
    const job = await options.latestImport(shop)
    return job ? show(c, job) : c.body(null, 204)
  })
  pages.get('/shop/imports/:id', async (c) => {
    const job = await options.findImport(c.req.param('id'))
    return job ? show(c, job) : c.json({ error: 'There is no such import.' }, 404)
  })

  async function show(c: Context, job: ImportJob) {
    c.header('cache-control', 'no-store')
    const failed = job.completedAt !== null && job.items.failed > 0
    const rows = failed ? await options.failedRows(job.id, SHOWN_FAILED_ROWS) : []
    return c.json({
      id: job.id,
      status: job.status,
      done: job.completedAt !== null,
      percent: job.progressPercent,
      message: job.progressMessage,
      items: job.items,
      error: job.errorMessage,
      warnings: job.warnings,
      failed_rows: rows.map((row) => row.errorMessage ?? row.key),
      products: products.count(shop),
    })
  }

  return pages
}

function asset(name: string, type: string) {
  const text = readFileSync(new URL(`./public/${name}`, import.meta.url), 'utf8')
  return (c: Context) => {
    c.header('content-type', `${type}; charset=utf-8`)
    c.header('cache-control', 'no-cache')
    return c.body(text)
  }
}
