import type { ItemCounts } from '../../job/job.ts'
import type { Json } from '../../json.ts'
import type { ClaimedJob, ExpiredJob } from '../store.ts'
import type { JobsTable } from './tables.ts'

/** What most jobs have none of is the same for them all: it is read only. */
const NO_TAGS: readonly string[] = Object.freeze([])
const NO_ITEMS: Readonly<ItemCounts> = Object.freeze({ total: 0, processed: 0, successful: 0, failed: 0 })

/** What a claim hands over of a job's row. */
export type ClaimedRow = Pick<
  JobsTable,
  | 'id'
  | 'task_type'
  | 'queue'
  | 'input'
  | 'max_attempts'
  | 'redeliveries'
  | 'max_redeliveries'
  | 'triggered_by'
  | 'tags'
  | 'retry_scope'
  | 'total_items'
  | 'processed_items'
  | 'successful_items'
  | 'failed_items'
  | 'unique_key'
>

/**
 * A row as a claim hands it over.
 *
 * @param delivery the one that the claim begins, whatever the row still says; so are those that follow
 */
export function claimedJobOf(row: ClaimedRow, delivery: number, attempt: number, startedAt: number): ClaimedJob {
  return {
    jobId: row.id,
    delivery,
    taskType: row.task_type,
    queue: row.queue,
    input: JSON.parse(row.input) as Json,
    attempt,
    maxAttempts: row.max_attempts,
    redeliveries: row.redeliveries,
    maxRedeliveries: row.max_redeliveries,
    triggeredBy: row.triggered_by,
    tags: row.tags === '[]' ? NO_TAGS : (JSON.parse(row.tags) as string[]),
    retryScope: row.retry_scope,
    items: itemsOf(row),
    uniqueKey: row.unique_key,
    startedAt,
    inputLength: row.input.length,
  }
}

/** What the jobs of one task mostly have in common. */
export interface Kind {
  queue: string
  taskType: string
  triggeredBy: string
  maxAttempts: number
  maxRedeliveries: number
}

/** A job that was never started before, and has nothing of its own but its input. */
export function plainJobOf(
  { queue, taskType, triggeredBy, maxAttempts, maxRedeliveries }: Kind,
  jobId: string,
  input: string,
  startedAt: number,
): ClaimedJob {
  return {
    jobId,
    delivery: 1,
    taskType,
    queue,
    input: JSON.parse(input) as Json,
    attempt: 1,
    maxAttempts,
    redeliveries: 0,
    maxRedeliveries,
    triggeredBy,
    tags: NO_TAGS,
    retryScope: 'all',
    items: NO_ITEMS,
    uniqueKey: null,
    startedAt,
    inputLength: input.length,
  }
}

function itemsOf({ total_items, processed_items, successful_items, failed_items }: ClaimedRow): Readonly<ItemCounts> {
  if (total_items === 0 && processed_items === 0) return NO_ITEMS
  return { total: total_items, processed: processed_items, successful: successful_items, failed: failed_items }
}

/** What deciding about a job whose lease ran out needs of its row. */
export type ExpiredRow = Pick<
  JobsTable,
  | 'id'
  | 'delivery'
  | 'task_type'
  | 'worker'
  | 'attempt'
  | 'max_attempts'
  | 'redeliveries'
  | 'max_redeliveries'
  | 'failed_items'
  | 'cancel_requested_at'
  | 'cancel_reason'
>

export function expiredJobOf(row: ExpiredRow): ExpiredJob {
  return {
    jobId: row.id,
    delivery: row.delivery,
    taskType: row.task_type,
    worker: row.worker,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    redeliveries: row.redeliveries,
    maxRedeliveries: row.max_redeliveries,
    failedItems: row.failed_items,
    cancelRequested: row.cancel_requested_at === null ? null : (row.cancel_reason ?? ''),
  }
}
