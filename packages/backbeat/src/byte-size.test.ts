import { expect, test } from 'vitest'
import { type ByteSize, toBytes } from './byte-size.ts'

test.each<[ByteSize, number]>([
  [1, 1],
  [1500, 1500],
  ['2kb', 2048],
  ['1.5mb', 1_572_864],
  ['1gb', 1_073_741_824],
])('%s is %d bytes', (size, bytes) => {
  expect(toBytes(size, 'limit')).toBe(bytes)
})

test.each(['', '5', 'mb', '-1mb', '1 mb', '1MB', 0, -1, Number.NaN, Number.POSITIVE_INFINITY, null])(
  '%s is refused, by the name of what it is for',
  (size) => {
    expect(() => toBytes(size as ByteSize, 'worker.maxHeap')).toThrow('worker.maxHeap')
  },
)
