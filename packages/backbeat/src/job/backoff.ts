/** How long to wait before the next attempt. */
export interface Backoff {
  /** Milliseconds before the second attempt. */
  firstMs: number
  /** No wait is longer than this, in milliseconds. */
  maxMs: number
  /** What each further wait is multiplied by. */
  factor: number
  /** Spread waits at random over their upper half, so that jobs that failed together do not return together. */
  jitter: boolean
}

/**
 * The wait in milliseconds after the given attempt has failed: exponential, bounded, with "equal
 * jitter" (half fixed, half random), as described in "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015.
 *
 * @param attempt the attempt that failed, from 1
 * @param random a number from 0 up to 1
 */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  // Bounded, because no wait at all times infinity is not a number.
  const growth = Math.min(Number.MAX_VALUE, backoff.factor ** (attempt - 1))
  const full = Math.min(backoff.maxMs, backoff.firstMs * growth)
  return Math.round(backoff.jitter ? full / 2 + (full / 2) * random : full)
}
