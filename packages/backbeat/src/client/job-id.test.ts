import { validate, version } from 'uuid'
import { describe, expect, test } from 'vitest'
import { newJobId } from './job-id.ts'

const LATER = Date.UTC(2100, 0, 1)

describe('the id of a new job', () => {
  test('is a UUID of version 7 that holds the time', () => {
    const id = newJobId()
    expect(validate(id)).toBe(true)
    expect(version(id)).toBe(7)
    expect(Math.abs(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(60_000)
  })

  test('is greater than any before it, also within a millisecond', () => {
    const ids = Array.from({ length: 5000 }, () => newJobId())
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('stays in order when the clock is set back', () => {
    const before = newJobId(LATER)
    const after = newJobId(LATER - 3_600_000)
    expect(after > before).toBe(true)
  })
})
