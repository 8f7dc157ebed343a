import type { Settlement } from '../store.ts'

/** Whether all of the values are one. */
export function areTheSame(values: readonly unknown[]): boolean {
  return values.every((value) => value === values[0])
}

/**
 * Whether an attempt completed, and there is nothing to say but its result. Nearly all attempts end
 * like this, so it is written in as few words as can be.
 */
export function isPlainCompletion({ changes, knewOfCancel, onlyIfExpired }: Settlement): boolean {
  return (
    changes.status === 'completed' &&
    changes.attemptOutcome === 'completed' &&
    changes.error === null &&
    changes.warnings.length === 0 &&
    changes.cancelReason === null &&
    !knewOfCancel &&
    !onlyIfExpired
  )
}
