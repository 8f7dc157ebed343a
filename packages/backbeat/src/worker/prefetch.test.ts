import { describe, expect, test } from 'vitest'
import { mostInHand, Prefetch } from './prefetch.ts'

function after(count: number, runMs: number, input = 10): Prefetch {
  const prefetch = new Prefetch(1000)
  for (let i = 0; i < count; i += 1) prefetch.note(runMs, input)
  return prefetch
}

describe('how many jobs are kept ready', () => {
  test('none before any has ended', () => {
    expect(new Prefetch(1000).target(10)).toBe(0)
  })

  test('few while few have ended', () => {
    expect(after(3, 0.1).target(10)).toBe(12)
  })

  test('no more than the worker may have in hand, however quick they are', () => {
    expect(after(10_000, 0).target(2000)).toBe(1000)
  })

  test('what the slots work off in a tenth of a second', () => {
    expect(after(1000, 10).target(8)).toBe(80)
  })

  test('none where a job takes long', () => {
    expect(after(1000, 60_000).target(8)).toBe(0)
  })

  test('fewer where their inputs are large', () => {
    expect(after(1000, 0.1, 1024 * 1024).target(8)).toBe(16)
  })

  test('fewer soon after jobs became slow', () => {
    const prefetch = after(10_000, 0.1)
    const before = prefetch.target(4)
    for (let i = 0; i < 3; i += 1) prefetch.note(1000, 10)
    expect(before).toBe(1000)
    expect(prefetch.target(4)).toBeLessThan(4)
  })

  test('none for some time after jobs were kept waiting', () => {
    const prefetch = after(10_000, 0.1)
    prefetch.reset()
    for (let i = 0; i < 20; i += 1) prefetch.note(0.1, 10)
    expect(prefetch.target(10)).toBe(0)
    prefetch.note(0.1, 10)
    expect(prefetch.target(10)).toBeGreaterThan(0)
  })
})

describe('how many jobs a worker may have in hand', () => {
  test('thousands where the heap may grow, and fewer where it is bounded', () => {
    expect(mostInHand(false, 4 * 1024 ** 3)).toBe(4000)
    expect(mostInHand(false, 256 * 1024 ** 2)).toBe(2048)
    expect(mostInHand(false, 100 * 1024 ** 2)).toBe(1000)
    expect(mostInHand(true, 4 * 1024 ** 3)).toBe(1000)
  })
})

describe('whether jobs are quick', () => {
  test('is not known before some have ended', () => {
    expect(after(20, 0.1).areQuick).toBe(false)
    expect(after(21, 0.1).areQuick).toBe(true)
  })

  test('goes by how long the latest ran', () => {
    const prefetch = after(1000, 1)
    expect(prefetch.areQuick).toBe(true)
    for (let i = 0; i < 3; i += 1) prefetch.note(1000, 10)
    expect(prefetch.areQuick).toBe(false)
  })

  test('is to be found out again after a reset', () => {
    const prefetch = after(1000, 1)
    prefetch.reset()
    expect(prefetch.areQuick).toBe(false)
  })
})
