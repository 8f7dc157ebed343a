import { expect, test } from 'vitest'
import { remainingMs } from './remaining.ts'

const job = { progress_percent: 0, processed_items: 0, total_items: 0 }

test('goes on at the rate so far, by items before percent', () => {
  expect(remainingMs({ ...job, processed_items: 25, total_items: 100, progress_percent: 99 }, 0, 10_000)).toBe(30_000)
  expect(remainingMs({ ...job, progress_percent: 50 }, 0, 8000)).toBe(8000)
})

test('says nothing before it is known, or when nothing is left', () => {
  expect(remainingMs(job, 0, 10_000)).toBeNull()
  expect(remainingMs({ ...job, progress_percent: 10 }, 0, 1000)).toBeNull()
  expect(remainingMs({ ...job, progress_percent: 100 }, 0, 10_000)).toBeNull()
})
