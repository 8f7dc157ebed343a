/** Where a part gets the time and its timers from, so that tests can move time by hand. */
export interface Clock {
  /** Milliseconds since 1970 in UTC. */
  now(): number
  /** Calls `callback` once after `delayMs`. Timers do not keep the process alive. */
  setTimer(callback: () => void, delayMs: number): Timer
}

export interface Timer {
  cancel(): void
}

/** Node's timers take a signed 32-bit delay; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
