import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type FeedRow, readRows } from './feed/rows.ts'
import { SAMPLE_FAULTS, SAMPLE_FAULTY_ROWS, SAMPLE_ROWS, sampleFeed } from './sample-feed.ts'

const SAYS: Record<keyof typeof SAMPLE_FAULTS, RegExp> = {
  missingPrice: /^the price is missing$/,
  unreadablePrice: /is not a number/,
  negativePrice: /is negative/,
  missingSku: /^the SKU is missing$/,
  tooManyColumns: /has 6 columns/,
  tooFewColumns: /has 3 columns/,
  wrongEncoding: /is not valid UTF-8/,
  openQuote: /quote is out of place/,
}

test('has as many rows and faults of each kind as it says', async () => {
  const rows = await readSample()
  const faults = rows.flatMap((row) => ('fault' in row ? [row.fault] : []))
  expect(rows).toHaveLength(SAMPLE_ROWS)
  expect(faults).toHaveLength(SAMPLE_FAULTY_ROWS)
  for (const [fault, times] of Object.entries(SAMPLE_FAULTS) as [keyof typeof SAMPLE_FAULTS, number][]) {
    expect(
      faults.filter((text) => SAYS[fault].test(text)),
      fault,
    ).toHaveLength(times)
  }
})

test('has titles with umlauts, commas and quotes, and descriptions of several lines', async () => {
  const rows = await readSample()
  const products = rows.flatMap((row) => ('product' in row ? [row.product] : []))
  expect(products.some(({ title }) => title.includes('ü') && title.includes(','))).toBe(true)
  expect(products.some(({ description }) => description.includes('"'))).toBe(true)
  expect(products.some(({ description }) => description.includes('\n'))).toBe(true)
})

test('is the same each time', () => {
  expect(Buffer.concat([...sampleFeed()]).equals(Buffer.concat([...sampleFeed()]))).toBe(true)
})

function readSample(): Promise<FeedRow[]> {
  return Readable.from(readRows(Readable.from(sampleFeed()), {})).toArray()
}
