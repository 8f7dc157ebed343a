import { type Duration, toMs } from '../duration.ts'
import { BackbeatError, TransientError } from '../errors.ts'
import type { Backoff } from '../job/backoff.ts'

// biome-ignore lint/suspicious/noExplicitAny: a class of errors may have any constructor
type ErrorClass = abstract new (...args: any[]) => Error

/** Which errors are transient: classes, or a function that decides. */
export type TransientErrors = readonly (ErrorClass | ((error: unknown) => boolean))[]

/** When and how often an attempt that failed is repeated. */
export interface RetryOptions {
  /** The errors that may pass by themselves; all others fail the job at once. Default: `[TransientError]`. */
  on?: TransientErrors
  /** How many further attempts there may be after the first. Default: 3. */
  times?: number
  backoff?: {
    /** The wait before the second attempt. Default: `'15s'`. */
    first?: Duration
    /** No wait is longer. Default: `'10m'`. */
    max?: Duration
    /** What each further wait is multiplied by. Default: 2. */
    factor?: number
    /** Spread the waits at random over their upper half. Default: true. */
    jitter?: boolean
  }
}

export interface RetryPolicy {
  maxAttempts: number
  backoff: Backoff
  isTransient(error: unknown): boolean
}

/** @throws BackbeatError `invalid_retry` where the options contradict themselves */
export function retryPolicy(options: RetryOptions | undefined, taskType: string): RetryPolicy {
  const { on = [TransientError], times = 3, backoff = {} } = options ?? { times: 0 }
  const policy: RetryPolicy = {
    maxAttempts: times + 1,
    backoff: {
      firstMs: toMs(backoff.first ?? '15s', `retry.backoff.first of ${taskType}`),
      maxMs: toMs(backoff.max ?? '10m', `retry.backoff.max of ${taskType}`),
      factor: backoff.factor ?? 2,
      jitter: backoff.jitter ?? true,
    },
    isTransient: (error) => on.some((kind) => matches(kind, error)),
  }
  if (!Number.isInteger(times) || times < 0 || times > 1000) {
    throw invalid(taskType, `retry.times is ${times}; give a whole number from 0 to 1000`)
  }
  if (!(policy.backoff.factor >= 1)) {
    throw invalid(taskType, `retry.backoff.factor is ${backoff.factor}; give a number of at least 1`)
  }
  if (policy.backoff.firstMs > policy.backoff.maxMs) {
    throw invalid(taskType, 'retry.backoff.first is longer than retry.backoff.max; swap or widen them')
  }
  return policy
}

function matches(kind: TransientErrors[number], error: unknown): boolean {
  if (isErrorClass(kind)) return error instanceof kind
  return kind(error)
}

function isErrorClass(kind: TransientErrors[number]): kind is ErrorClass {
  return kind === Error || kind.prototype instanceof Error
}

function invalid(taskType: string, what: string): BackbeatError {
  return new BackbeatError('invalid_retry', `The retry policy of ${taskType} cannot work: ${what}.`)
}
