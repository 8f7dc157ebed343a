import { mayMeetAnother } from '../job/meeting.ts'
import type { ClaimedJob, NewJob } from '../store/store.ts'

/** A worker of this process that may take new jobs as they are stored, so that nobody has to claim them. */
export interface HandOver {
  /** Keeps a slot for each of the jobs; `null` where it has none to spare, or others would be passed over. */
  reserve(jobs: readonly NewJob[]): Reservation | null
}

/** Slots that are kept until {@link Reservation.take} is called, which must come in any case. */
export interface Reservation {
  /** By whom the jobs are to be claimed. */
  readonly worker: string
  readonly leaseMs: number
  /** Starts those of the jobs that were claimed; none where they could not be stored. */
  take(jobs: readonly ClaimedJob[]): void
}

/** Whether a job has neither to wait for anything nor to be compared with others. */
export function startsAtOnce(job: NewJob): boolean {
  return (
    job.runAt === null &&
    job.delayMs === undefined &&
    !mayMeetAnother(job) &&
    job.expiresAt === null &&
    job.expiresAfterMs === undefined &&
    job.restrictions === null &&
    job.tenant === null
  )
}
