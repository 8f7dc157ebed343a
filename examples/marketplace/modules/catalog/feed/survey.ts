import { FeedError } from './errors.ts'
import type { FeedRow } from './rows.ts'

/** What has to be known of a whole feed before its first row is imported. */
export class FeedSurvey {
  /** Rows of any kind, the line of column names left out. */
  rows = 0
  readonly #lastLines = new Map<string, number>()
  /** SKUs that only rows without a title have named so far. */
  readonly #untitled = new Set<string>()
  readonly #maxRows: number

  constructor({ maxRows = 1_000_000 }: { maxRows?: number } = {}) {
    this.#maxRows = maxRows
  }

  /** @throws FeedError `too_many_rows` */
  note(row: FeedRow): void {
    this.rows += 1
    if (this.rows > this.#maxRows) {
      throw new FeedError('too_many_rows', `The feed has more than ${this.#maxRows} rows. Split it into several.`)
    }
    if ('product' in row) this.#noteProduct(row.sku, row.line, row.product.title !== '')
  }

  /**
   * Whether this row has the last word on its SKU: it is the last one with a title, or the last one
   * where none has. Only such rows are stored: a feed that says two things of one product would
   * otherwise change it back and forth with every import.
   */
  decides(row: FeedRow): boolean {
    return this.#lastLines.get(row.sku) === row.line
  }

  #noteProduct(sku: string, line: number, titled: boolean): void {
    const first = !this.#lastLines.has(sku)
    if (!titled && !first && !this.#untitled.has(sku)) return
    if (titled) this.#untitled.delete(sku)
    else this.#untitled.add(sku)
    this.#lastLines.set(sku, line)
  }
}
