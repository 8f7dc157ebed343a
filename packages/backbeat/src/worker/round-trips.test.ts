import { expect, test } from 'vitest'
import { RoundTrips } from './round-trips.ts'

test('the lag is how long the last answer took, or how long the next one has not come', () => {
  let now = 0
  let pings = 0
  const trips = new RoundTrips(
    () => {
      pings += 1
    },
    () => now,
  )
  expect(trips.lagMs).toBe(0)
  trips.ask()
  now = 30
  trips.answered()
  expect(trips.lagMs).toBe(30)
  now = 1000
  trips.ask()
  now = 1010
  expect(trips.lagMs).toBe(30)
  now = 6000
  trips.ask()
  expect([trips.lagMs, pings]).toEqual([5000, 2])
  trips.answered()
  trips.answered()
  expect(trips.lagMs).toBe(5000)
})
