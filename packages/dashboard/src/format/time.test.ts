import { expect, test } from 'vitest'
import { formatRelative } from './time.ts'

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
