import { expect, test } from 'vitest'
import { formatMoment, formatRelative } from './time.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

test.each([
  [0, 'now'],
  [-400, 'now'],
  [-5_000, '5s ago'],
  [-119_000, '1m ago'],
  [-7_200_000, '2h ago'],
  [-86_400_000, 'yesterday'],
  [90_000, 'in 1m'],
])('%d ms from now reads "%s"', (difference, text) => {
  expect(formatRelative(now + difference, now, 'en')).toBe(text)
})

test('a moment has its year where that is not this one', () => {
  const at = new Date(2026, 10, 12, 14, 3).getTime()
  expect(formatMoment(at, new Date(2026, 11, 1).getTime(), 'en-GB')).toBe('12 Nov, 14:03')
  expect(formatMoment(at, new Date(2027, 0, 1).getTime(), 'en-GB')).toBe('12 Nov 2026, 14:03')
  expect(formatMoment(at, at, 'de')).toBe('12. Nov., 14:03')
})
