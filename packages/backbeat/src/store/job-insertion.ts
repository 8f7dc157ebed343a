import type { Restrictions } from '../job/admission.ts'
import type { RetryScope } from '../job/job.ts'
import type { Json } from '../json.ts'
import type { ClaimedJob, ClaimRequest } from './job-execution.ts'

/** A job to be stored, checked and complete. */
export interface NewJob {
  /** UUIDv7, so that the order of ids is the order of creation. */
  id: string
  taskType: string
  queue: string
  priority: number
  input: Json
  triggeredBy: string
  tags: string[]
  /** Not before this time; `null` for now. Milliseconds since 1970 in UTC, as everywhere here. */
  runAt: number | null
  /** Not before so long after it is stored, by the store's time; for where `runAt` is `null`. */
  delayMs?: number
  maxAttempts: number
  maxRedeliveries: number
  uniqueKey: string | null
  /** For how long after it was stored the key stays taken, even when the job is over; `null` while it is active. */
  uniquePeriodMs: number | null
  /** Take the place of a job of the same key that still waits; one that runs is in the way all the same. */
  replacesWaiting: boolean
  retriedFromId: string | null
  retryScope: RetryScope
  /** How many items there will be, where it is known already. */
  totalItems: number
  /** Not started after this time. */
  expiresAt: number | null
  /** Not started later than so long after it was due; for where `expiresAt` is `null`. */
  expiresAfterMs?: number
  restrictions: Restrictions | null
  /** Tenants of one queue and priority take turns. */
  tenant: string | null
}

/** What became of one job that was to be stored. */
export type Insertion =
  | { id: string; inserted: true }
  /** A job has the same unique key, or retries the same job already. */
  | { id: string; inserted: false; activeJobId: string }

/** An open transaction of a database library, as that library hands it out. */
export type Transaction = object

/** Puts jobs in. */
export interface JobInsertion {
  /**
   * Stores all of the jobs in one transaction, but for those that meet a job of the same unique
   * key. Answers in the order given.
   *
   * @param transaction one of the application's own, on the same database: the jobs are there once
   *   it commits, and never where it is rolled back
   * @throws BackbeatError `unknown_transaction`, `not_in_transaction`
   */
  insert(jobs: readonly NewJob[], transaction?: Transaction): Promise<Insertion[]>
}

/** Puts jobs straight into the hands of a worker of this process. */
export interface JobHandOver {
  /**
   * Stores jobs and claims them in the same write, but for those of a queue that is paused, drained or
   * limited: these wait as if {@link JobInsertion.insert} had stored them.
   *
   * @param jobs none that has to wait, or that may meet another; see `startsAtOnce`
   * @returns those that are claimed
   */
  insertClaimed(jobs: readonly NewJob[], claim: Pick<ClaimRequest, 'worker' | 'leaseMs'>): Promise<ClaimedJob[]>
}
