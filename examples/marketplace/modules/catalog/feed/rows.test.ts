import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { ColumnNames } from './header.ts'
import { MAX_LINE_BYTES } from './lines.ts'
import { type FeedRow, readRows } from './rows.ts'

const HEADER = 'sku,title,price\n'

test('reads products with their line numbers; the header is line 1', async () => {
  expect(await read('sku,title,description,price,stock\nA1,Lamp,,9.99,4\nA2,Clock,round,12,\n')).toEqual([
    { line: 2, sku: 'A1', product: { sku: 'A1', title: 'Lamp', description: '', priceCents: 999, stock: 4 } },
    { line: 3, sku: 'A2', product: { sku: 'A2', title: 'Clock', description: 'round', priceCents: 1200, stock: null } },
  ])
})

test('takes columns in any order and ignores others', async () => {
  const rows = await read('price,colour,title,sku\n1.50,red,Cup,C1\n')
  expect(rows).toMatchObject([{ product: { sku: 'C1', title: 'Cup', priceCents: 150 } }])
})

test('takes the names that the input gives', async () => {
  const names = { sku: 'StockCode', title: 'Description', price: 'UnitPrice' }
  const rows = await read('StockCode,Description,UnitPrice\n85123A,HOLDER,2.55\n', names)
  expect(rows).toMatchObject([{ product: { sku: '85123A', title: 'HOLDER', priceCents: 255 } }])
})

test.each([[';'], ['\t']])('understands the delimiter %j', async (delimiter) => {
  const text = 'sku,title,price\nA1,"A ""B""",9.99\n'.replaceAll(',', delimiter)
  expect(await read(text)).toMatchObject([{ product: { sku: 'A1', title: 'A "B"', priceCents: 999 } }])
})

test('a byte order mark, CRLF, blank lines and a missing last line end make no difference', async () => {
  const rows = await read('\ufeff"sku",title,price\r\nA1,Lamp,1\r\n\r\nA2,Clock,2')
  expect(rows).toMatchObject([
    { line: 2, product: { sku: 'A1', title: 'Lamp', priceCents: 100 } },
    { line: 4, product: { sku: 'A2', title: 'Clock', priceCents: 200 } },
  ])
})

test.each([['\n'], ['\r\n']])(
  'quoted cells may span lines, and later line numbers stay right (line end %j)',
  async (end) => {
    const text = ['sku,title,price', 'A1,"one', '', 'three",1', 'A2,Clock,2', 'A3,Clock,'].join(end)
    expect(await read(text)).toMatchObject([
      { line: 2, product: { title: 'one\n\nthree' } },
      { line: 5, product: { sku: 'A2' } },
      { line: 6, fault: 'the price is missing' },
    ])
  },
)

test('characters of several bytes survive wherever the stream is cut', async () => {
  const bytes = Buffer.from('sku,title,price\r\nÄ1,"Smørrebrød 🥪, grün",1\r\nA2,naïve,2\r\n')
  const whole = await collect(readRows(once(bytes), {}))
  expect(whole).toMatchObject([
    { product: { sku: 'Ä1', title: 'Smørrebrød 🥪, grün' } },
    { product: { title: 'naïve' } },
  ])
  for (let size = 1; size <= bytes.length; size += 1) {
    expect(await collect(readRows(inChunks(bytes, size), {}))).toEqual(whole)
  }
})

describe('a row that is wrong says what and where, and the others go on', () => {
  test.each([
    ['A1,Lamp,', 'the price is missing'],
    ['A1,Lamp,  ', 'the price is missing'],
    ['A1,Lamp,soon', 'the price "soon" is not a number such as 9.99'],
    ['A1,Lamp,-1', 'the price "-1" is negative'],
    [',Lamp,1', 'the SKU is missing'],
    ['A1,Lamp,1,extra', 'the row has 4 columns and the header has 3'],
    ['A1', 'the row has 1 column and the header has 3'],
    [`${'A'.repeat(65)},Lamp,1`, 'the SKU is longer than 64 characters'],
    [`A1,${'x'.repeat(301)},1`, 'the title is longer than 300 characters'],
    ['A1,La\0mp,1', 'the title contains control characters'],
    ['"A\n1",Lamp,1', 'the SKU contains a line break or a tab'],
    [`A1,${'x'.repeat(MAX_LINE_BYTES)},1`, 'the line is longer than 64 KB; is a line end missing?'],
  ])('%j', async (line, fault) => {
    const rows = await read(`${HEADER}A0,Lamp,1\n${line}\nA9,Lamp,1\n`)
    expect(rows).toMatchObject([{ product: { sku: 'A0' } }, { line: 3, fault }, { product: { sku: 'A9' } }])
  })

  test('bytes that are not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}A1,`),
      Buffer.from('grün', 'latin1'),
      Buffer.from(',1\nA2,grün,2\n'),
    ])
    expect(await collect(readRows(once(bytes), {}))).toMatchObject([
      { line: 2, sku: 'A1', fault: 'the column title is not valid UTF-8; save the feed as UTF-8' },
      { line: 3, product: { sku: 'A2', title: 'grün' } },
    ])
  })

  test.each([['A1,"Lamp,1'], ['A1,5" nail,1'], ['A1,"5" nail",1'], ['A1,5" by 6" nail,1']])(
    'broken quotes cost the one line: %s',
    async (line) => {
      const good = Array.from({ length: 300 }, (_, index) => `G${index},"A ""good"" one",1`)
      const rows = await read(`${HEADER}${line}\n${good.join('\n')}\n`)
      expect(rows).toHaveLength(301)
      expect(rows.filter((row) => 'fault' in row)).toMatchObject([
        { line: 2, sku: 'A1', fault: expect.stringContaining('a quote is out of place') },
      ])
      expect(rows.at(-1)).toMatchObject({ line: 302, product: { sku: 'G299', title: 'A "good" one' } })
    },
  )

  test('a quote that is open at the end', async () => {
    expect(await read(`${HEADER}A1,Lamp,1\nA2,"Lamp,1`)).toMatchObject([
      { product: { sku: 'A1' } },
      { line: 3, sku: 'A2' },
    ])
  })
})

describe('a feed that is no CSV with the needed columns is refused as a whole', () => {
  test.each([
    ['', 'empty_feed', 'The feed is empty'],
    ['\n\n', 'empty_feed', 'nothing but blank lines'],
    ['<!doctype html><html>', 'not_csv', 'a web page or XML'],
    ['{"products": []}', 'not_csv', 'JSON'],
    ['PK\u0003\u0004\0\0', 'not_csv', 'a ZIP archive or an Excel workbook'],
    ['x'.repeat(MAX_LINE_BYTES + 1), 'not_csv', 'not a CSV file'],
    ['"sku,title,price\nA1,Lamp,1\n', 'not_csv', 'line 1'],
    ['sku,title\nA1,Lamp\n', 'missing_columns', 'no column "price". Its columns are "sku", "title"'],
    ['sku,title,price,price\n', 'ambiguous_columns', 'two columns called "price"'],
  ])('%j', async (text, code, message) => {
    await expect(read(text)).rejects.toMatchObject({
      name: 'FeedError',
      code,
      message: expect.stringContaining(message),
    })
  })

  test('UTF-16', async () => {
    const bytes = Buffer.from(`\ufeff${HEADER}`, 'utf16le')
    await expect(collect(readRows(once(bytes), {}))).rejects.toMatchObject({
      message: expect.stringContaining('UTF-16'),
    })
  })

  test('a column that only the input names', async () => {
    await expect(read(HEADER, { stock: 'Quantity' })).rejects.toMatchObject({ code: 'missing_columns' })
  })
})

test('a reader that stops early closes its source', async () => {
  let closed = false
  async function* source() {
    try {
      for (;;) yield Buffer.from(`${HEADER}A1,Lamp,1\n`)
    } finally {
      closed = true
    }
  }
  for await (const _ of readRows(source(), {})) break
  expect(closed).toBe(true)
})

function read(text: string, names: ColumnNames = {}): Promise<FeedRow[]> {
  return collect(readRows(once(Buffer.from(text)), names))
}

function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  return Readable.from(source).toArray()
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}
