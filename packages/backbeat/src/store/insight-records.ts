import type { Restrictions } from '../job/admission.ts'
import type { JobSummary } from '../job/job.ts'
import type { Status } from '../job/states.ts'

/** A number that may be too costly to know for certain. */
export interface Count {
  value: number
  isExact: boolean
}

/** Jobs of one queue in one state that are not over. */
export interface LaneCount {
  queue: string
  status: 'pending' | 'running' | 'retrying'
  count: number
  /** Those of them that might start now. */
  due: number
  /** When the one that waits longest was due; `null` where none is due. */
  oldestDueAt: number | null
}

/** Jobs that came to rest within one stretch of time, of one task and state. */
export interface Tally {
  /** When the stretch begins. */
  at: number
  taskType: string
  status: Status
  count: number
}

/** Jobs of one queue that came to rest in one state. */
export interface QueueTally {
  queue: string
  status: Status
  count: number
}

export interface TallyRequest {
  from: number
  /** The length of a stretch; a whole number of minutes, or of hours where it is more than one. */
  bucketMs: number
}

/** How long a job that is over had waited and run, in milliseconds. */
export interface RecentRun {
  taskType: string
  status: Status
  waitMs: number | null
  runMs: number | null
}

/** Somebody who holds a place under a concurrency limit. */
export interface SlotHolder {
  jobId: string
  taskType: string
  triggeredBy: string
  worker: string | null
  startedAt: number | null
}

/** What the store knows of why a job is where it is. */
export interface JobFacts {
  job: JobSummary
  /** The store's time. */
  now: number
  restrictions: Restrictions | null
  /** Whether `runAt` is the start that its rate limit has reserved for it. */
  startReserved: boolean
  /** When a running job's lease runs out unless it is renewed. */
  leaseExpiresAt: number | null
  queue: { pausedAt: number | null; drainingSince: number | null; concurrency: number | null; running: number }
  /** Jobs of the same queue that come before it, up to a thousand. */
  ahead: Count
  /** Who holds the places that it waits for; at most ten. */
  holders: SlotHolder[]
}

/** What people ask about jobs in their thousands. None of it grows with what is finished. */
export interface InsightRecords {
  /** Jobs that wait or run, by queue and state. */
  lanes(): Promise<LaneCount[]>
  /** How many jobs rest in each state: exact up to a limit, beyond it what was tallied. */
  countResting(): Promise<Map<Status, Count>>
  /** Adds jobs that have come to rest to the tallies; answers whether there are more of them. Safe to call from many processes. */
  rollUp(): Promise<boolean>
  /** What came to rest since then, in the order of time, with what is still to be added to the tallies. */
  tallies(request: TallyRequest): Promise<Tally[]>
  /** What came to rest since the minute of that time, within the last day, of each queue; with what is still to be added. */
  queueTallies(from: number): Promise<QueueTally[]>
  /** What has come to rest in all of time, by task and state; `at` is 0. */
  totals(): Promise<Tally[]>
  /** The newest finished jobs: so many of each task, and as many again of all. */
  recentRuns(taskTypes: readonly string[], limit: number): Promise<RecentRun[]>
  /** Those of the jobs that have been retried, each with its newest retry. */
  retriesOf(ids: readonly string[]): Promise<Map<string, string>>
  /** All there is to say about one job's place; `undefined` where there is no such job. */
  facts(id: string): Promise<JobFacts | undefined>
}
