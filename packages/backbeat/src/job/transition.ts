import type { Json } from '../json.ts'
import { type Backoff, backoffMs } from './backoff.ts'
import type { AttemptOutcome, RecordedError } from './job.ts'
import type { Outcome } from './outcome.ts'
import type { Status } from './states.ts'

/** What the decision about a running job depends on. */
export interface RunningJob {
  /** The number of this attempt, from 1. */
  attempt: number
  maxAttempts: number
  /** How often the job was handed out again after a worker vanished. */
  redeliveries: number
  maxRedeliveries: number
  failedItems: number
  /** The reason, if someone asked to cancel it. */
  cancelRequested: string | null
}

/** What becomes of the job, to be written in one transaction. */
export interface Changes {
  status: Status
  /** In how many milliseconds it is due again, counted from when this is written; only for `pending` and `retrying`. */
  delayMs: number | null
  attempt: number
  redeliveries: number
  result: Json
  warnings: string[]
  error: RecordedError | null
  cancelReason: string | null
  /** How the attempt itself is recorded; `null` where there was none, because the job was not started. */
  attemptOutcome: AttemptOutcome | null
}

/**
 * Decides what becomes of a running job when its attempt has ended. Pure: the same values give the
 * same decision, whichever process asks, so that the rescuer and the worker cannot disagree.
 * It names no time that another machine has to keep: the store adds its own.
 *
 * @param now when the attempt ended, for its error; milliseconds since 1970 in UTC
 * @param random a number from 0 up to 1, for the backoff's jitter
 */
export function transition(job: RunningJob, outcome: Outcome, backoff: Backoff, now: number, random: number): Changes {
  switch (outcome.kind) {
    case 'success': {
      const warned = job.failedItems > 0 || outcome.warnings.length > 0
      return rest(job, warned ? 'completed_with_warnings' : 'completed', 'completed', {
        result: outcome.result,
        warnings: outcome.warnings,
      })
    }
    case 'cancelled':
      return rest(job, 'cancelled', 'cancelled', {
        result: outcome.result ?? null,
        cancelReason: outcome.reason,
      })
    case 'failure': {
      const error = { ...outcome.error, attempt: job.attempt }
      if (job.cancelRequested !== null) {
        return rest(job, 'cancelled', 'cancelled', { error, cancelReason: job.cancelRequested })
      }
      if (outcome.transient && job.attempt < job.maxAttempts) {
        return wait(job, 'retrying', 'failed', backoffMs(backoff, job.attempt, random), { error })
      }
      return rest(job, 'failed', 'failed', { error, result: outcome.result ?? null })
    }
    case 'snoozed':
      if (job.cancelRequested !== null) return cancelInstead(job, 'snoozed', job.cancelRequested)
      return wait(job, 'pending', 'snoozed', outcome.delayMs, { attempt: job.attempt - 1 })
    case 'released':
      if (job.cancelRequested !== null) return cancelInstead(job, 'released', job.cancelRequested)
      return wait(job, 'pending', 'released', 0, { attempt: job.attempt - 1 })
    case 'unstarted':
      if (job.cancelRequested !== null) return cancelInstead(job, 'cancelled', job.cancelRequested)
      return wait(job, 'pending', null, 0, { attempt: job.attempt - 1 })
    case 'lost':
      return lose(job, outcome.reason, now)
  }
}

function lose(job: RunningJob, reason: string, now: number): Changes {
  if (job.cancelRequested !== null) return cancelInstead(job, 'lost', job.cancelRequested)
  const error: RecordedError = {
    type: 'WorkerLostError',
    code: 'worker_lost',
    message: `${reason}.`,
    attempt: job.attempt,
    at: now,
  }
  if (job.redeliveries < job.maxRedeliveries) {
    return wait(job, 'pending', 'lost', redeliveryDelayMs(job.redeliveries), {
      attempt: job.attempt - 1,
      redeliveries: job.redeliveries + 1,
      error,
    })
  }
  error.message +=
    job.maxRedeliveries === 0
      ? ' The task does not allow redelivery, so the job was not run again. Find out how far it came, then retry it.'
      : ` That was loss number ${job.redeliveries + 1}, so the job was not run again. It may be what ends its workers: look at its memory and its native code, then retry it.`
  return rest(job, 'stuck', 'lost', { error })
}

/** The first redelivery is at once; a job that goes on losing its workers comes back ever later, to spare them. */
function redeliveryDelayMs(redeliveries: number): number {
  return redeliveries === 0 ? 0 : Math.min(60_000, 1000 * 2 ** redeliveries)
}

function cancelInstead(job: RunningJob, attemptOutcome: AttemptOutcome, cancelReason: string): Changes {
  return rest(job, 'cancelled', attemptOutcome, { cancelReason })
}

/** Each field by its name: this is done for every job, and to spread objects into each other takes three times as long. */
function rest(
  { attempt, redeliveries }: RunningJob,
  status: Status,
  attemptOutcome: AttemptOutcome | null,
  {
    result = null,
    warnings = [],
    error = null,
    cancelReason = null,
  }: Partial<Pick<Changes, 'result' | 'warnings' | 'error' | 'cancelReason'>>,
): Changes {
  return {
    status,
    delayMs: null,
    attempt,
    redeliveries,
    result,
    warnings,
    error,
    cancelReason,
    attemptOutcome,
  }
}

function wait(
  job: RunningJob,
  status: 'pending' | 'retrying',
  attemptOutcome: AttemptOutcome | null,
  delayMs: number,
  more: Partial<Changes>,
): Changes {
  return { ...rest(job, status, attemptOutcome, more), delayMs, ...more }
}
