import { beforeEach, describe, expect, test } from 'vitest'
import { ClaimFloors } from './claim-floors.ts'

const row = (id: string, queue = 'default', priority = 0) => ({ id, queue, priority, turn: 0, run_at: 1 })
const floor = (id: string, queue = 'default', priority = 0) => ({ id, queue, priority, turn: 0, runAt: 1 })

describe('where a claim begins', () => {
  let now: number
  let floors: ClaimFloors
  beforeEach(() => {
    now = 0
    floors = new ClaimFloors(() => now)
  })

  test('is the beginning at first', () => {
    expect(floors.find(null, 1000)).toBeUndefined()
  })

  test('is the end of the last claim, in each of its queues', () => {
    floors.began(null, [row('1'), row('2', 'other', 3), row('3')], 5)
    expect(floors.find(null, 1000)).toEqual([floor('3'), floor('2', 'other', 3)])
    floors.wentOn(null, [row('4', 'other', 2)])
    expect(floors.find(null, 1000)).toEqual([floor('3'), floor('4', 'other', 2)])
  })

  test('is the beginning for a few jobs, whose order is to be exact', () => {
    floors.began(null, [row('1')], 5)
    expect(floors.find(null, 99)).toBeUndefined()
  })

  test('is the beginning again after ten times as long as that took, and after a second', () => {
    floors.began(null, [row('1')], 5)
    now = 49
    expect(floors.find(null, 1000)).toBeDefined()
    now = 50
    expect(floors.find(null, 1000)).toBeUndefined()
    floors.began(null, [row('1')], 500)
    now = 1049
    expect(floors.find(null, 1000)).toBeDefined()
    now = 1050
    expect(floors.find(null, 1000)).toBeUndefined()
  })

  test('is the beginning when there was less to claim than asked for', () => {
    floors.began(null, [row('1')], 5)
    floors.forget(null)
    expect(floors.find(null, 1000)).toBeUndefined()
  })

  test('is another for other queues', () => {
    floors.began(['a'], [row('1', 'a')], 5)
    expect(floors.find(['a', 'b'], 1000)).toBeUndefined()
    expect(floors.find(['a'], 1000)).toEqual([floor('1', 'a')])
  })
})
