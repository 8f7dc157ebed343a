import type { Lease } from '../job/assignment.ts'
import type { ClaimedJob } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import type { HeldLease } from './heartbeat.ts'
import type { Slot } from './lease-board.ts'
import type { RunningAttempt } from './running-attempt.ts'
import type { WorkerStats } from './stats.ts'

/** One claimed job in the hands of its worker, from the claim to the recorded outcome. */
export class Delivery implements HeldLease {
  readonly job: ClaimedJob
  /** `undefined` where no such task is known here. */
  readonly task: AnyTask | undefined
  readonly until: number | null
  slot: Slot | undefined
  /** When its attempt was started, in milliseconds of the process's own clock. */
  startedAt = 0
  readonly #stats: WorkerStats
  #attempt: RunningAttempt | undefined
  #cancelReason: string | null = null
  #isLost = false
  #isOver = false

  /**
   * @param until the lease is not renewed past this time, in milliseconds since 1970; `null` for as long as it is held
   * @param stats added to
   */
  constructor(job: ClaimedJob, task: AnyTask | undefined, until: number | null, stats: WorkerStats) {
    this.job = job
    this.task = task
    this.until = until
    this.#stats = stats
  }

  get lease(): Lease {
    return this.job
  }

  /**
   * Whether it is claimed only when it can be started: should this worker vanish, nobody could tell
   * that it was not. A job that may not be run twice would be stuck, and one that was lost before may
   * be what ends its workers, or have waited behind it.
   */
  get isStartedAtOnce(): boolean {
    return this.job.maxRedeliveries === 0 || this.job.redeliveries > 0
  }

  /** Why it was to be cancelled before it was started; else `null`. */
  get cancelReason(): string | null {
    return this.#cancelReason
  }

  /** Whether another worker may hold the job by now. */
  get isLost(): boolean {
    return this.#isLost
  }

  started(attempt: RunningAttempt): void {
    this.#attempt = attempt
  }

  cancelRequested(reason: string): void {
    this.#cancelReason = reason
    this.#attempt?.cancel(reason)
  }

  /**
   * Its outcome is being written. The store may give the job to somebody else before it is heard here. What
   * the attempt held is let go: thousands may wait to be written.
   */
  ended(): void {
    this.#isOver = true
    this.#attempt = undefined
  }

  leaseLost(): void {
    if (this.#isOver) return
    this.#isLost = true
    this.#stats.refused.renewals += 1
    this.#attempt?.abandon()
  }
}
