import {
  MAX_DESCRIPTION_LENGTH,
  MAX_SKU_LENGTH,
  MAX_TITLE_LENGTH,
  type Product,
  parsePrice,
  parseStock,
} from '../product.ts'
import { type ColumnNames, type FeedHeader, readHeader } from './header.ts'
import { readLines } from './lines.ts'
import { type FeedRecord, LineReader, nextRecord } from './records.ts'

/** One row of a feed: a product, or what is wrong with it. */
export type FeedRow = {
  /** The line that the row begins on; the header is line 1. */
  line: number
  /** As far as it could be read. */
  sku: string
} & ({ product: Product } | { fault: string })

/**
 * Reads a feed row by row. A row that is wrong says so and does not stop the others.
 *
 * @throws FeedError where the feed as a whole is no CSV with the columns that are needed
 */
export async function* readRows(chunks: AsyncIterable<Uint8Array>, names: ColumnNames): AsyncGenerator<FeedRow> {
  const lines = new LineReader(readLines(chunks))
  try {
    const header = await readHeader(lines, names)
    for (;;) {
      const record = await nextRecord(lines, header.delimiter)
      if (!record) return
      yield rowOf(record, header)
    }
  } finally {
    await lines.close()
  }
}

function rowOf(record: FeedRecord, header: FeedHeader): FeedRow {
  const { line } = record
  const cell = (index: number | undefined) => (index === undefined ? '' : (record.cells[index] ?? '').trim())
  const sku = cell(header.sku)
  const read = faultOfForm(record, header) ?? productOf(sku, header, cell)
  return typeof read === 'string' ? { line, sku, fault: read } : { line, sku, product: read }
}

function faultOfForm({ fault, cells, isUtf8 }: FeedRecord, { columns }: FeedHeader): string | undefined {
  if (fault !== undefined) return fault
  if (!isUtf8) {
    const where = cells.findIndex((cell) => cell.includes('\ufffd'))
    const column = columns[where]
    const what = column === undefined ? 'the row' : `the column ${column}`
    return `${what} is not valid UTF-8; save the feed as UTF-8`
  }
  if (cells.length !== columns.length) {
    return `the row has ${count(cells.length, 'column')} and the header has ${columns.length}`
  }
  return undefined
}

function productOf(sku: string, header: FeedHeader, cell: (index: number | undefined) => string): Product | string {
  const title = cell(header.title)
  const description = cell(header.description)
  const fault =
    faultOfText('SKU', sku, MAX_SKU_LENGTH) ??
    faultOfOptional('title', title, MAX_TITLE_LENGTH) ??
    faultOfOptional('description', description, MAX_DESCRIPTION_LENGTH)
  if (fault !== undefined) return fault
  const price = parsePrice(cell(header.price))
  if ('fault' in price) return price.fault
  const stock = parseStock(cell(header.stock))
  if ('fault' in stock) return stock.fault
  return { sku, title, description, priceCents: price.cents, stock: stock.stock }
}

function faultOfText(what: string, text: string, maxLength: number): string | undefined {
  if (text === '') return `the ${what} is missing`
  if (text.length > maxLength) return `the ${what} is longer than ${maxLength} characters`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) return `the ${what} contains control characters`
  if (what === 'SKU' && /[\t\n\r]/.test(text)) return 'the SKU contains a line break or a tab'
  return undefined
}

function faultOfOptional(what: string, text: string, maxLength: number): string | undefined {
  return text === '' ? undefined : faultOfText(what, text, maxLength)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
