import type { Json } from '../json.ts'
import type { ItemCounts, RetryScope } from './job.ts'

/** One delivery of one job: who may write to it. Every write of a running attempt carries it. */
export interface Lease {
  jobId: string
  /**
   * The fencing token: rises by one each time the job is claimed. A write whose delivery is not
   * the job's current one comes from a worker that lost the job, and is refused.
   */
  delivery: number
}

/** All that an executor needs to run one attempt. Plain data, so that it can cross threads. */
export interface Assignment extends Lease {
  taskType: string
  queue: string
  input: Json
  attempt: number
  maxAttempts: number
  redeliveries: number
  triggeredBy: string
  tags: readonly string[]
  retryScope: RetryScope
  /** Counts of earlier deliveries, to go on from. */
  items: Readonly<ItemCounts>
}
