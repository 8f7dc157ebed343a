import type { z } from '@hono/zod-openapi'
import { refuseRetry } from '../client/decisions.ts'
import type { Attempt, Item, Job, JobSummary, LogLine, RecordedError } from '../job/job.ts'
import { isResting } from '../job/states.ts'
import { hideSealed } from '../redaction/vault.ts'
import type { Page } from '../store/store.ts'
import type { Links } from './links.ts'
import type {
  actionSchema,
  attemptSchema,
  itemSchema,
  jobDetailSchema,
  jobSchema,
  jobSummarySchema,
  logLineSchema,
} from './schemas/job.ts'

const LATEST_DATE_MS = 8.64e15

export function presentSummary(job: JobSummary): z.infer<typeof jobSummarySchema> {
  return {
    id: job.id,
    task_type: job.taskType,
    queue: job.queue,
    priority: job.priority,
    status: job.status,
    triggered_by: job.triggeredBy,
    tags: job.tags,
    created_at: timeOf(job.createdAt),
    run_at: timeOf(job.runAt),
    started_at: timeOrNull(job.startedAt),
    completed_at: timeOrNull(job.completedAt),
    heartbeat_at: timeOrNull(job.heartbeatAt),
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    redeliveries: job.redeliveries,
    worker: job.worker,
    error_type: job.errorType,
    error_message: job.errorMessage,
    progress_percent: job.progressPercent,
    progress_message: job.progressMessage,
    total_items: job.items.total,
    processed_items: job.items.processed,
    successful_items: job.items.successful,
    failed_items: job.items.failed,
    unique_key: job.uniqueKey,
    retried_from_id: job.retriedFromId,
    retry_scope: job.retryScope,
    cancel_requested_at: timeOrNull(job.cancelRequestedAt),
    cancel_reason: job.cancelReason,
    expires_at: timeOrNull(job.expiresAt),
    blocked_by: job.blockedBy,
    tenant: job.tenant,
  }
}

export function presentJob(job: Job): z.infer<typeof jobSchema> {
  return {
    ...presentSummary(job),
    input: hideSealed(job.input),
    result: job.result,
    traceback: job.traceback,
    errors: job.errors.map(presentError),
    warnings: job.warnings,
    progress_meta: job.progressMeta,
  }
}

/** @param retries the jobs that retry this one, the newest first */
export function presentDetail(
  job: Job,
  attempts: readonly Attempt[],
  retries: readonly JobSummary[],
  links: Links,
): z.infer<typeof jobDetailSchema> {
  const [latestRetry] = retries
  return {
    ...presentJob(job),
    details: {
      items: { ...job.items, url: links.items(job.id) },
      attempts: attempts.map(presentAttempt),
      latest_retry: latestRetry
        ? { job_id: latestRetry.id, status: latestRetry.status, status_url: links.job(latestRetry.id) }
        : null,
      retries: retries.map((retry) => ({
        job_id: retry.id,
        status: retry.status,
        scope: retry.retryScope,
        triggered_by: retry.triggeredBy,
        created_at: timeOf(retry.createdAt),
        status_url: links.job(retry.id),
      })),
      links: links.ofJob(job.id),
      allowed_actions: allowedActions(job, latestRetry),
    },
  }
}

export function presentAttempt(attempt: Attempt): z.infer<typeof attemptSchema> {
  return {
    ordinal: attempt.ordinal,
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    worker: attempt.worker,
    worker_version: attempt.workerVersion,
    started_at: timeOf(attempt.startedAt),
    ended_at: timeOrNull(attempt.endedAt),
    error_type: attempt.errorType,
    error_message: attempt.errorMessage,
    traceback: attempt.traceback,
  }
}

export function presentItem(item: Item): z.infer<typeof itemSchema> {
  return {
    key: item.key,
    position: item.position,
    status: item.status,
    attempts: item.attempts,
    error_type: item.errorType,
    error_message: item.errorMessage,
    at: timeOf(item.at),
  }
}

export function presentLogLine({ id, at, level, message, fields }: LogLine): z.infer<typeof logLineSchema> {
  return { id, at: timeOf(at), level, message, fields }
}

export function presentPage<Entry, Shown>(page: Page<Entry>, present: (entry: Entry) => Shown) {
  return {
    items: page.entries.map(present),
    next_cursor: page.nextCursor,
    ...(page.searchedTo !== undefined && { searched_to: timeOf(page.searchedTo) }),
  }
}

function allowedActions(job: Job, latestRetry: JobSummary | undefined): z.infer<typeof actionSchema>[] {
  const isBeingRetried = latestRetry !== undefined && !isResting(latestRetry.status)
  const actions: z.infer<typeof actionSchema>[] = []
  if (!isBeingRetried && !refuseRetry(job, 'all')) actions.push('retry')
  if (!isBeingRetried && !refuseRetry(job, 'failed_items')) actions.push('retry_failed_items')
  if (!isResting(job.status)) actions.push('cancel')
  return actions
}

function presentError(error: RecordedError) {
  return {
    type: error.type,
    message: error.message,
    code: error.code ?? null,
    traceback: error.traceback ?? null,
    attempt: error.attempt ?? null,
    item: error.item ?? null,
    at: timeOf(error.at),
  }
}

/** A delay may be so long that no date expresses its end; the latest date stands for it. */
export function timeOf(ms: number): string {
  return new Date(Math.min(ms, LATEST_DATE_MS)).toISOString()
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : timeOf(ms)
}
