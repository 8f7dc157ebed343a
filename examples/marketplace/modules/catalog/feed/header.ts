import { quoted } from '../product.ts'
import { FeedError } from './errors.ts'
import { type LineReader, nextRecord } from './records.ts'

/** What the feed calls its columns. Those that have a name here must exist. */
export interface ColumnNames {
  sku?: string | undefined
  title?: string | undefined
  price?: string | undefined
  description?: string | undefined
  stock?: string | undefined
}

/** How a feed is laid out: where each part of a product stands. */
export interface FeedHeader {
  delimiter: string
  columns: string[]
  sku: number
  title: number
  price: number
  description?: number
  stock?: number
}

const DELIMITERS = [',', ';', '\t']

/**
 * @throws FeedError `empty_feed`, `not_csv`, `missing_columns`, `ambiguous_columns`
 */
export async function readHeader(lines: LineReader, names: ColumnNames): Promise<FeedHeader> {
  const first = await lines.next()
  if (!first) throw new FeedError('empty_feed', 'The feed is empty. Give one that begins with a line of column names.')
  if (first.isTooLong || !first.isUtf8 || first.text.includes('\0') || /^\s*[<{[]/.test(first.text)) {
    throw notCsv(first.text)
  }
  lines.putBack([first])
  const delimiter = delimiterOf(first.text)
  const record = await nextRecord(lines, delimiter)
  if (!record)
    throw new FeedError('empty_feed', 'The feed has nothing but blank lines. Give one with a line of column names.')
  if (record.fault !== undefined) {
    throw new FeedError('not_csv', `The line of column names (line ${record.line}) cannot be read: ${record.fault}.`)
  }
  return layOut(
    record.cells.map((cell) => cell.trim()),
    delimiter,
    names,
  )
}

function layOut(columns: string[], delimiter: string, names: ColumnNames): FeedHeader {
  const needed = { sku: names.sku ?? 'sku', title: names.title ?? 'title', price: names.price ?? 'price' }
  const given = [names.description, names.stock].filter((name) => name !== undefined)
  const missing = [...Object.values(needed), ...given].filter((name) => !columns.includes(name))
  if (missing.length > 0) {
    throw new FeedError(
      'missing_columns',
      `The feed has no column ${missing.map(quoted).join(', ')}. Its columns are ${shown(columns)}. Correct the feed, or say in \`columns\` what it calls them.`,
    )
  }
  const indexOf = (name: string) => {
    const index = columns.indexOf(name)
    if (index !== columns.lastIndexOf(name)) {
      throw new FeedError('ambiguous_columns', `The feed has two columns called ${quoted(name)}. Rename one of them.`)
    }
    return index
  }
  const header: FeedHeader = {
    delimiter,
    columns,
    sku: indexOf(needed.sku),
    title: indexOf(needed.title),
    price: indexOf(needed.price),
  }
  const description = indexOf(names.description ?? 'description')
  if (description !== -1) header.description = description
  const stock = indexOf(names.stock ?? 'stock')
  if (stock !== -1) header.stock = stock
  return header
}

/** The one that the line of column names has most of; a comma where it has none. */
function delimiterOf(header: string): string {
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string
}

function notCsv(beginning: string): FeedError {
  const kind = kindOf(beginning)
  return new FeedError(
    'not_csv',
    `The feed is not a CSV file in UTF-8${kind}. Give the address of the CSV file itself.`,
  )
}

function kindOf(beginning: string): string {
  if (/^\s*</.test(beginning)) return ' but a web page or XML'
  if (/^\s*[{[]/.test(beginning)) return ' but JSON'
  if (beginning.startsWith('PK')) return ' but a ZIP archive or an Excel workbook'
  if (/^\ufffd{2}/.test(beginning)) return '; it looks like UTF-16'
  return ''
}

function shown(columns: string[]): string {
  const names = columns.slice(0, 20).map(quoted).join(', ')
  return columns.length > 20 ? `${names} and ${columns.length - 20} more` : names
}
