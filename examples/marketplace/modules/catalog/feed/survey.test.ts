import { expect, test } from 'vitest'
import type { FeedRow } from './rows.ts'
import { FeedSurvey } from './survey.ts'

function surveyOf(...titles: string[]) {
  const rows: FeedRow[] = titles.map((title, index) => ({
    line: index + 2,
    sku: 'A1',
    product: { sku: 'A1', title, description: '', priceCents: 1, stock: null },
  }))
  const survey = new FeedSurvey()
  for (const row of rows) survey.note(row)
  return rows.filter((row) => survey.decides(row)).map(({ line }) => line)
}

test('the last row of a SKU decides', () => {
  expect(surveyOf('Lamp', 'Big lamp')).toEqual([3])
})

test('a row without a title decides only where no other row has one', () => {
  expect(surveyOf('Lamp', '')).toEqual([2])
  expect(surveyOf('', 'Lamp', '')).toEqual([3])
  expect(surveyOf('', '')).toEqual([3])
})

test('refuses a feed with more rows than it can hold', () => {
  const survey = new FeedSurvey({ maxRows: 1 })
  const row: FeedRow = { line: 2, sku: 'A1', fault: 'the price is missing' }
  survey.note(row)
  expect(() => survey.note(row)).toThrow(expect.objectContaining({ code: 'too_many_rows' }))
})
