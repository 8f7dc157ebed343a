import { IllegalStateError } from '../errors.ts'
import type { JobSummary, RetryScope } from '../job/job.ts'
import { isResting, isRetryable, RETRYABLE } from '../job/states.ts'

/** Why a job may not be retried, or `undefined` where it may. */
export function refuseRetry(job: JobSummary, scope: RetryScope): IllegalStateError | undefined {
  if (scope === 'failed_items') {
    if (!isResting(job.status)) {
      return new IllegalStateError(
        'not_resting',
        `Job ${job.id} is ${job.status}. Its failed items can be retried when it is over.`,
      )
    }
    if (job.items.failed === 0) {
      return new IllegalStateError(
        'no_failed_items',
        `Job ${job.id} has no failed items, so there is nothing to retry.`,
      )
    }
    return undefined
  }
  if (isRetryable(job.status)) return undefined
  const hint = job.items.failed > 0 && isResting(job.status) ? ' Its failed items can be retried by themselves.' : ''
  return new IllegalStateError(
    'not_retryable',
    `Job ${job.id} is ${job.status}, and only ${RETRYABLE.join(' or ')} jobs can be retried.${hint}`,
  )
}

/** Why a job that is over cannot be cancelled. */
export function refuseCancel(job: JobSummary): IllegalStateError {
  return new IllegalStateError('not_cancellable', `Job ${job.id} is ${job.status} already, so it cannot be cancelled.`)
}
