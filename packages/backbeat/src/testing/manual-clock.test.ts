import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

test('time stands still until it is moved', () => {
  const clock = new ManualClock(1000)
  expect(clock.now()).toBe(1000)
  clock.advance('2s')
  expect(clock.now()).toBe(3000)
})

test('timers fire in the order in which they are due, each at its own time', () => {
  const clock = new ManualClock(0)
  const fired: [string, number][] = []
  clock.setTimer(() => fired.push(['late', clock.now()]), 20)
  clock.setTimer(() => fired.push(['early', clock.now()]), 10)
  clock.setTimer(() => fired.push(['early, set later', clock.now()]), 10)
  clock.setTimer(() => fired.push(['not yet', clock.now()]), 31)
  clock.advance(30)
  expect(fired).toEqual([
    ['early', 10],
    ['early, set later', 10],
    ['late', 20],
  ])
  expect(clock.pendingTimers).toBe(1)
})

test('a timer that sets itself again fires as often as time allows', () => {
  const clock = new ManualClock(0)
  let ticks = 0
  const tick = () => {
    ticks += 1
    clock.setTimer(tick, 0)
  }
  tick()
  clock.advance(5)
  expect(ticks).toBe(6)
})

test('a cancelled timer does not fire, even when another timer cancels it', () => {
  const clock = new ManualClock(0)
  const fired: string[] = []
  const second = clock.setTimer(() => fired.push('second'), 2)
  clock.setTimer(() => second.cancel(), 1)
  clock.advance(10)
  expect(fired).toEqual([])
})
