import { expect, test } from 'vitest'
import { endOf, isBehind, parsePosition, writePosition } from './position.ts'

const position = (text: string) => {
  const parsed = parsePosition(text)
  if (!parsed) throw new Error(`${text} is not a position`)
  return parsed
}

test.each(['10:20:10,12', '20:20:'])('%s is written as it was read', (text) => {
  expect(writePosition(position(text))).toBe(text)
})

test.each(['', '1:2', 'a:b:c', '1:2:3;4', ` 1:2:`, '1:-2:', `1:2:${'1,'.repeat(60_000)}`])('%j is none', (text) => {
  expect(parsePosition(text)).toBeUndefined()
})

test('who has read up to a transaction still waits for those before it that ran', () => {
  expect(writePosition(endOf(position('10:20:10,12,18'), 15n))).toBe('10:16:10,12')
})

test('a position is behind a mark that saw what it did not', () => {
  const mark = position('10:20:10')
  expect(isBehind(position('10:20:10'), mark)).toBe(false)
  expect(isBehind(position('20:30:20'), mark)).toBe(false)
  expect(isBehind(position('19:19:'), mark)).toBe(true)
  expect(isBehind(position('15:30:15'), mark)).toBe(true)
})
