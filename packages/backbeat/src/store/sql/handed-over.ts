import type { Json } from '../../json.ts'
import type { ClaimedJob, NewJob } from '../store.ts'
import { withStorableKeys } from './storable-keys.ts'
import { storableName, toJsonText } from './values.ts'

/** A new job as a claim would hand it over: as it is read, once it is stored. */
export function handedOver(job: NewJob, startedAt: number): ClaimedJob {
  const input = toJsonText(withStorableKeys(job).input) ?? 'null'
  return {
    jobId: job.id,
    delivery: 1,
    taskType: job.taskType,
    queue: job.queue,
    input: JSON.parse(input) as Json,
    attempt: 1,
    maxAttempts: job.maxAttempts,
    redeliveries: 0,
    maxRedeliveries: job.maxRedeliveries,
    triggeredBy: storableName(job.triggeredBy),
    tags: job.tags.map(storableName),
    retryScope: job.retryScope,
    items: { total: job.totalItems, processed: 0, successful: 0, failed: 0 },
    uniqueKey: null,
    startedAt,
    inputLength: input.length,
  }
}
