import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

test.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [420, '420 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [12_400, '12.4 s'],
  [59_940, '59.9 s'],
  [59_960, '1 m 00 s'],
  [150_000, '2 m 30 s'],
  [3_599_600, '1 h 00 m'],
  [11_100_000, '3 h 05 m'],
  [187_200_000, '2 d 4 h'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('writes decimals as the language does', () => {
  expect(formatDuration(12_400, 'de')).toBe('12,4 s')
})

test('reads what a filter may say, and nothing else', () => {
  expect(['90s', '15m', '2h', '7d', '2w'].map(parseDuration)).toEqual([9e4, 9e5, 7.2e6, 6.048e8, 1.2096e9])
  for (const text of ['', '2', 'h', '-2h', '2 h', '1y', '1.5h', '9999999s']) expect(parseDuration(text)).toBeUndefined()
})
