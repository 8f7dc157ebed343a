import { type ItemsSummary, type Resources, SoftTimeLimitError, type TaskContext, warn } from 'backbeat'
import { feedsFolder } from '../../settings.ts'
import { FeedError, RowError } from './feed/errors.ts'
import { readFeedFile } from './feed/folder.ts'
import type { ColumnNames } from './feed/header.ts'
import { fetchFeed } from './feed/http.ts'
import { type FeedRow, readRows } from './feed/rows.ts'
import { Spool } from './feed/spool.ts'
import { FeedSurvey } from './feed/survey.ts'
import type { UpsertOutcome } from './service.ts'

export interface ProductImport {
  shop: string
  url?: string | undefined
  file?: string | undefined
  columns: ColumnNames
}

/** The result of the job. Counts are the job's, those of earlier attempts included. */
export interface ImportResult {
  /** Where the products came from. */
  feed: string
  rows: number
  imported: number
  failed: number
  /** What the last attempt did to the shop's products; `superseded` rows were outdone by a later row of their SKU. */
  last_attempt: Record<UpsertOutcome | 'superseded', number>
}

const BATCH = 500

/**
 * First fetches and checks the feed as a whole, then imports its rows. A feed that cannot be read
 * to its end, or is no CSV, therefore changes no product.
 */
export async function importProducts(input: ProductImport, ctx: TaskContext & Resources) {
  await using spool = await Spool.create()
  const survey = await surveyFeed(input, spool, ctx)
  const written: ImportResult['last_attempt'] = { created: 0, updated: 0, unchanged: 0, superseded: 0 }
  const resultOf = (failed: number, processed: number): ImportResult => ({
    feed: nameOf(input),
    rows: survey.rows,
    imported: processed - failed,
    failed,
    last_attempt: written,
  })

  const importRow = (row: FeedRow) => {
    if ('fault' in row) throw new RowError(row.line, row.fault)
    const outcome = survey.decides(row) ? ctx.db.products.upsert(input.shop, row.product) : 'superseded'
    written[outcome] += 1
  }
  const recorded = { processed: 0, failed: 0 }
  try {
    const summary: ItemsSummary = await ctx.items(readRows(spool.read(), input.columns), importRow, {
      key: keyOf,
      batch: BATCH,
      total: survey.rows,
      message: ({ batch, batches, processed, failed }) => {
        Object.assign(recorded, { processed, failed })
        return `batch ${batch} of ${batches}`
      },
    })
    ctx.log.info('feed imported', { ...written })
    return resultOf(summary.failed, summary.processed)
  } catch (error) {
    if (!(ctx.signal.reason instanceof SoftTimeLimitError)) throw error
    const rest = `Time ran out after ${recorded.processed} of ${survey.rows} rows. Import the feed again to get the rest.`
    return warn({ ...resultOf(recorded.failed, recorded.processed) }, [rest])
  }
}

async function surveyFeed(input: ProductImport, spool: Spool, ctx: TaskContext): Promise<FeedSurvey> {
  const survey = new FeedSurvey()
  const chunks = spool.keep(openFeed(input, ctx.signal), (bytes) => {
    ctx.signal.throwIfAborted()
    ctx.progress(0, `fetching, ${(bytes / 1024 / 1024).toFixed(1)} MB`)
  })
  for await (const row of readRows(chunks, input.columns)) survey.note(row)
  return survey
}

function openFeed({ url, file }: ProductImport, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (url !== undefined) return fetchFeed(url, { signal })
  if (file !== undefined) return readFeedFile(feedsFolder(), file)
  throw new FeedError('no_feed', 'The import has neither url nor file. Give one of them.')
}

/** Without the query, which may carry a token. */
function nameOf({ url, file }: ProductImport): string {
  if (url === undefined) return file ?? ''
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

/**
 * Names a row across attempts by its line and SKU, so that a feed that was changed in between has
 * its moved rows imported and not taken for done.
 */
function keyOf({ line, sku }: FeedRow): string {
  return `${line}:${sku.slice(0, 100).replaceAll('\0', '').toWellFormed()}`
}
