import { expect, test } from 'vitest'
import { formatPercent } from './percent.ts'

test('a small share is not none', () => {
  expect([
    formatPercent(null, 'en'),
    formatPercent(0, 'en'),
    formatPercent(0.004, 'en'),
    formatPercent(0.5, 'de'),
  ]).toEqual(['–', '0%', '0.4%', '50\u00a0%'])
})
