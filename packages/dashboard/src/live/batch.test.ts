import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Batch } from './batch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function aBatch() {
  const told: number[][] = []
  return { told, batch: new Batch<number>(250, (entries) => told.push(entries)) }
}

test('hands on the first at once, and what follows together', () => {
  const { told, batch } = aBatch()
  for (const entry of [1, 2, 3]) batch.add(entry)
  expect(told).toEqual([[1]])
  vi.advanceTimersByTime(250)
  expect(told).toEqual([[1], [2, 3]])
  batch.add(4)
  vi.advanceTimersByTime(250)
  expect(told).toEqual([[1], [2, 3], [4]])
})

test('hands on at once again after a quiet time, and leaves nothing behind when it is flushed', () => {
  const { told, batch } = aBatch()
  batch.add(1)
  vi.advanceTimersByTime(1000)
  batch.add(2)
  batch.add(3)
  batch.flush()
  expect(told).toEqual([[1], [2], [3]])
})

test('forgets what is not of use any more', () => {
  const { told, batch } = aBatch()
  batch.add(1)
  batch.add(2)
  batch.clear()
  vi.advanceTimersByTime(1000)
  expect(told).toEqual([[1]])
})
