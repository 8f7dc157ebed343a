import { expect, test } from 'vitest'
import * as z from 'zod'
import { FeedError, NetworkError } from './feed/errors.ts'
import { productImport } from './tasks.ts'

const url = 'https://shop.example/feed.csv'

test.each([
  { shop: 'nord', url },
  { shop: 'nord-2', file: 'nord/today.csv' },
  { shop: 'nord', url, columns: { sku: 'StockCode', title: 'Description', price: 'UnitPrice' } },
])('accepts %j', (input) => {
  expect(productImport.input.safeParse(input).success).toBe(true)
})

test.each([
  [{ shop: 'nord' }, 'give either url or file'],
  [{ shop: 'nord', url, file: 'today.csv' }, 'give either url or file'],
  [{ shop: 'Nord Shop', url }, 'lower-case letters'],
  [{ shop: 'n'.repeat(65), url }, 'lower-case letters'],
  [{ shop: 'nord', url: 'ftp://shop.example/feed.csv' }, 'http or https'],
  [{ shop: 'nord', url: 'https://ana:secret@shop.example/feed.csv' }, 'leave out the user name and password'],
  [{ shop: 'nord', file: '../secret.csv' }, 'inside the feeds folder'],
  [{ shop: 'nord', file: '/etc/passwd' }, 'inside the feeds folder'],
  [{ shop: 'nord', url, columns: { ean: 'EAN' } }, 'ean'],
])('refuses %j', (input, message) => {
  expect(productImport.input.safeParse(input).error?.message).toContain(message)
})

test('describes each field of its input', () => {
  const { properties = {} } = z.toJSONSchema(productImport.input, { io: 'input' })
  expect(Object.keys(properties)).toEqual(['shop', 'url', 'file', 'columns'])
  for (const property of Object.values(properties)) expect(property).toHaveProperty('description')
})

test('runs once per shop at a time, and retries the network only', () => {
  expect(productImport.unique?.key({ shop: 'nord', url, columns: {} })).toBe('nord')
  expect(productImport.retry.maxAttempts).toBe(4)
  expect(productImport.retry.isTransient(new NetworkError('dropped'))).toBe(true)
  expect(productImport.retry.isTransient(new FeedError('not_csv', 'no CSV'))).toBe(false)
})
