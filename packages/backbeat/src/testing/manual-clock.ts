import type { Clock, Timer } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'

interface ManualTimer {
  at: number
  callback: () => void
}

/**
 * A clock that stands still until it is moved by hand.
 *
 * @example
 * const clock = new ManualClock()
 * clock.setTimer(ring, 60_000)
 * clock.advance('1m') // rings
 */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<ManualTimer>()

  /** @param start milliseconds since 1970 in UTC; by default the start of 2026 */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    // As Node does, and so that a timer that sets itself again cannot hold time still.
    const timer: ManualTimer = { at: this.#now + Math.max(1, delayMs), callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Moves time on, and fires what falls due on the way: earliest first, then in the order in which they were set. */
  advance(duration: Duration): void {
    const end = this.#now + toMs(duration)
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
  }

  #next(end: number): ManualTimer | undefined {
    let next: ManualTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (!next || timer.at < next.at)) next = timer
    }
    return next
  }
}
