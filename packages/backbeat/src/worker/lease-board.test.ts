import { expect, test } from 'vitest'
import { LeaseBoard, LeaseBoardReader } from './lease-board.ts'

const NOW = Date.UTC(2026, 0, 1)

function boardWithReader() {
  const reader = new LeaseBoardReader([])
  const board = new LeaseBoard((buffer) => reader.add(buffer))
  return { board, reader }
}

function jobId(number: number): string {
  return `019a0000-0000-7000-8000-${String(number).padStart(12, '0')}`
}

test('a lease is seen by the reader until it is cleared', () => {
  const { board, reader } = boardWithReader()
  const first = board.write({ jobId: jobId(1), delivery: 1 }, null)
  board.write({ jobId: jobId(2), delivery: 7 }, null)

  expect(reader.due(NOW)).toEqual([
    { jobId: jobId(1), delivery: 1 },
    { jobId: jobId(2), delivery: 7 },
  ])
  board.clear(first)
  expect(reader.due(NOW)).toEqual([{ jobId: jobId(2), delivery: 7 }])
  expect(reader.count()).toBe(1)
})

test('a lease that is to be left to its rescuer is not due', () => {
  const { board, reader } = boardWithReader()
  board.write({ jobId: jobId(1), delivery: 1 }, NOW)
  board.write({ jobId: jobId(2), delivery: 1 }, NOW + 1)

  expect(reader.due(NOW)).toEqual([{ jobId: jobId(2), delivery: 1 }])
  expect(reader.count()).toBe(2)
})

test('a place that was cleared is used again, and shows the new lease only', () => {
  const { board, reader } = boardWithReader()
  board.clear(board.write({ jobId: jobId(1), delivery: 1 }, NOW - 1))
  board.write({ jobId: jobId(2), delivery: 3 }, null)

  expect(reader.due(NOW)).toEqual([{ jobId: jobId(2), delivery: 3 }])
  expect(board.buffers).toHaveLength(1)
})

test('there is room for any number of leases', () => {
  const { board, reader } = boardWithReader()
  const leases = Array.from({ length: 10_000 }, (_, number) => ({ jobId: jobId(number), delivery: 1 }))
  for (const lease of leases) board.write(lease, null)

  const seen = reader.due(NOW).map((lease) => lease.jobId)
  expect(seen.toSorted()).toEqual(leases.map((lease) => lease.jobId))
})

test('a reader that comes later finds what is there already', () => {
  const { board } = boardWithReader()
  board.write({ jobId: jobId(1), delivery: 2 }, null)

  expect(new LeaseBoardReader(board.buffers).due(NOW)).toEqual([{ jobId: jobId(1), delivery: 2 }])
})
