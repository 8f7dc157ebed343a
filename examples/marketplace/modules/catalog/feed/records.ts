import { parse } from 'csv-parse/sync'
import { type FeedLine, MAX_LINE_BYTES } from './lines.ts'

/** One row of cells; quoted cells may span several lines. */
export interface FeedRecord {
  /** The line that it begins on, from 1. */
  line: number
  cells: string[]
  isUtf8: boolean
  /** What is wrong with the row's form, if anything; `cells` is then a guess. */
  fault?: string
}

/** A quote that is not closed within so many lines is taken for a mistake. */
const MAX_RECORD_LINES = 100

/** Lines with a look ahead: what was read in vain can be put back. */
export class LineReader {
  readonly #lines: AsyncIterator<FeedLine>
  /** The next line is the last of the array. */
  readonly #putBack: FeedLine[] = []

  constructor(lines: AsyncIterable<FeedLine>) {
    this.#lines = lines[Symbol.asyncIterator]()
  }

  async next(): Promise<FeedLine | undefined> {
    const ahead = this.#putBack.pop()
    if (ahead) return ahead
    const { value, done } = await this.#lines.next()
    return done ? undefined : value
  }

  putBack(lines: readonly FeedLine[]): void {
    this.#putBack.push(...lines.toReversed())
  }

  async close(): Promise<void> {
    await this.#lines.return?.()
  }
}

/**
 * The next row, or `undefined` at the end. Blank lines are skipped. A row whose quotes are broken
 * costs that one line: reading goes on with the line after it.
 */
export async function nextRecord(lines: LineReader, delimiter: string): Promise<FeedRecord | undefined> {
  let first = await lines.next()
  while (first && !first.isTooLong && first.text.trim() === '') first = await lines.next()
  if (!first) return undefined

  const { number: line, text, isUtf8 } = first
  if (first.isTooLong) {
    const fault = `the line is longer than ${MAX_LINE_BYTES / 1024} KB; is a line end missing?`
    return { line, cells: [], isUtf8: true, fault }
  }
  if (!text.includes('"')) return { line, cells: text.split(delimiter), isUtf8 }

  const more = await linesUntilQuotesClose(lines, first)
  const whole = [first, ...more]
  const cells = parseQuoted(whole.map((part) => part.text).join('\n'), delimiter)
  if (cells) return { line, cells, isUtf8: whole.every((part) => part.isUtf8) }
  lines.putBack(more)
  const fault = 'a quote is out of place; close quoted text with a quote, and write a quote inside it twice'
  return { line, cells: text.split(delimiter), isUtf8, fault }
}

/** A row is whole when its number of quotes is even, since a quote inside a quoted cell is written twice. */
async function linesUntilQuotesClose(lines: LineReader, first: FeedLine): Promise<FeedLine[]> {
  const more: FeedLine[] = []
  let quotes = countQuotes(first.text)
  let length = first.text.length
  while (quotes % 2 === 1 && more.length < MAX_RECORD_LINES && length <= MAX_LINE_BYTES) {
    const next = await lines.next()
    if (!next) break
    more.push(next)
    if (next.isTooLong) break
    quotes += countQuotes(next.text)
    length += next.text.length
  }
  return more
}

function countQuotes(text: string): number {
  let quotes = 0
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes += 1
  return quotes
}

function parseQuoted(text: string, delimiter: string): string[] | undefined {
  try {
    const records: string[][] = parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true })
    return records.length === 1 ? records[0] : undefined
  } catch {
    return undefined
  }
}
