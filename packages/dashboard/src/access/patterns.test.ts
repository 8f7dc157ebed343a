import { expect, test } from 'vitest'
import { patternsOf } from './patterns.ts'

test('offers each domain once, before its tasks', () => {
  expect(patternsOf(['mail.send', 'catalog.import', 'catalog.export'])).toEqual([
    'catalog.*',
    'mail.*',
    'catalog.export',
    'catalog.import',
    'mail.send',
  ])
  expect(patternsOf([])).toEqual([])
})
