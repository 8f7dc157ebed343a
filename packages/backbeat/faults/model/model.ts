import type { Lease } from '../../src/job/assignment.ts'
import type { Backoff } from '../../src/job/backoff.ts'
import type { AttemptOutcome } from '../../src/job/job.ts'
import type { Outcome } from '../../src/job/outcome.ts'
import { isResting, isWaiting, mayMove, type Status } from '../../src/job/states.ts'
import { type Changes, transition } from '../../src/job/transition.ts'

export const LEASE_MS = 10_000
const BACKOFF: Backoff = { firstMs: 1000, maxMs: 4000, factor: 2, jitter: false }

/** What is expected of one job's record. */
export interface ModelJob {
  id: string
  status: Status
  runAt: number
  completedAt: number | null
  attempt: number
  maxAttempts: number
  delivery: number
  redeliveries: number
  maxRedeliveries: number
  leaseExpiresAt: number
  cancelRequested: string | null
  cancelReason: string | null
  result: unknown
  attempts: { attempt: number; outcome: AttemptOutcome }[]
}

/** The life of one job, and of those that retry it, as it should be. Uses the pure functions only. */
export class LifeModel {
  current: ModelJob
  /** Jobs that were retried: nothing may ever change them again. */
  readonly retried: ModelJob[] = []
  now: number

  constructor(job: Pick<ModelJob, 'id' | 'maxAttempts' | 'maxRedeliveries'>, now: number) {
    this.now = now
    this.current = fresh(job, now)
  }

  get isClaimable(): boolean {
    return isWaiting(this.current.status) && this.current.runAt <= this.now
  }

  get isRunning(): boolean {
    return this.current.status === 'running'
  }

  get isExpired(): boolean {
    return this.isRunning && this.current.leaseExpiresAt < this.now
  }

  get lease(): Lease {
    return { jobId: this.current.id, delivery: this.current.delivery }
  }

  claim(): void {
    this.#move('running')
    const { current } = this
    current.attempt += 1
    current.delivery += 1
    current.leaseExpiresAt = this.now + LEASE_MS
    current.attempts.push({ attempt: current.attempt, outcome: 'running' })
  }

  renew(): void {
    this.current.leaseExpiresAt = this.now + LEASE_MS
  }

  /** What the worker, or whoever takes the job back, would decide. */
  decide(outcome: Outcome, cancelRequested: string | null): Changes {
    return transition({ ...this.current, failedItems: 0, cancelRequested }, outcome, BACKOFF, this.now, 0)
  }

  settle(changes: Changes): void {
    const { current } = this
    this.#move(changes.status)
    const last = current.attempts.at(-1)
    if (changes.attemptOutcome === null) current.attempts.pop()
    else if (last) last.outcome = changes.attemptOutcome
    current.attempt = changes.attempt
    current.redeliveries = changes.redeliveries
    if (isResting(changes.status)) current.completedAt = this.now
    if (changes.delayMs !== null) current.runAt = this.now + changes.delayMs
    if (isResting(changes.status)) current.result = changes.result
    current.cancelReason = changes.cancelReason ?? current.cancelReason
  }

  cancel(reason: string): void {
    const { current } = this
    if (isWaiting(current.status)) {
      this.#move('cancelled')
      current.completedAt = this.now
      current.cancelReason = reason
    } else if (this.isRunning && current.cancelRequested === null) {
      current.cancelRequested = reason
      current.cancelReason = reason
    }
  }

  retry(id: string): void {
    this.retried.push(this.current)
    const { maxAttempts, maxRedeliveries } = this.current
    this.current = fresh({ id, maxAttempts, maxRedeliveries }, this.now)
  }

  #move(to: Status): void {
    const { status } = this.current
    if (!mayMove(status, to)) throw new Error(`A job that is ${status} must not become ${to}`)
    this.current.status = to
  }
}

function fresh(job: Pick<ModelJob, 'id' | 'maxAttempts' | 'maxRedeliveries'>, now: number): ModelJob {
  return {
    ...job,
    status: 'pending',
    runAt: now,
    completedAt: null,
    attempt: 0,
    delivery: 0,
    redeliveries: 0,
    leaseExpiresAt: 0,
    cancelRequested: null,
    cancelReason: null,
    result: null,
    attempts: [],
  }
}
