import type { Clock } from '../clock.ts'
import type { Lease } from '../job/assignment.ts'
import type { Backoff } from '../job/backoff.ts'
import { type NotifiableStatus, notificationOf } from '../job/notification.ts'
import type { Outcome } from '../job/outcome.ts'
import { type Changes, type RunningJob, transition } from '../job/transition.ts'
import type { JobExecution, Settlement, SettlementResult } from '../store/store.ts'

/** A write that failed is tried again after this many milliseconds, then after ever longer. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000

/** An attempt that has ended. */
export interface EndedAttempt {
  lease: Lease
  job: RunningJob
  outcome: Outcome
  backoff: Backoff
  /** In which states people are told of the job. */
  notifyOn: readonly NotifiableStatus[]
}

/** What was written; or that another worker holds the job by now; or that nobody knows, because the worker leaves. */
export type Settled = Changes | 'refused' | 'given_up'

interface Waiting {
  ended: EndedAttempt
  settlement: Settlement
  answer(settled: Settled): void
}

/**
 * Decides what becomes of attempts that have ended, and writes it: those that end together in one
 * transaction. Tries again for as long as the store is away; the lease says when that is in vain.
 */
export class Settler {
  readonly #store: JobExecution
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #waiting: Waiting[] = []
  #writing = false
  #givenUp = false

  constructor(store: JobExecution, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onError = onError
  }

  /** Resolves when the outcome is written, or is known to be in vain. Never rejects. */
  settle(ended: EndedAttempt): Promise<Settled> {
    return new Promise((answer) => this.#decide(ended, answer))
  }

  /** From now on a write that fails is not tried again: the jobs are rescued when their leases run out. */
  giveUp(): void {
    this.#givenUp = true
  }

  #decide(ended: EndedAttempt, answer: Waiting['answer']): void {
    const { lease, job, outcome, backoff, notifyOn } = ended
    const changes = transition(job, outcome, backoff, this.#clock.now(), Math.random())
    const notification = notificationOf(changes, notifyOn, job.failedItems)
    const settlement = { lease, changes, knewOfCancel: job.cancelRequested !== null, notification }
    this.#waiting.push({ ended, settlement, answer })
    if (this.#writing) return
    this.#writing = true
    // Attempts that end in the same turn of the event loop are written together.
    setImmediate(() => void this.#writeAll())
  }

  #tell({ ended, settlement, answer }: Waiting, result: SettlementResult): void {
    if (result.kind === 'written') answer(settlement.changes)
    else if (result.kind === 'refused') answer('refused')
    else this.#decide({ ...ended, job: { ...ended.job, cancelRequested: result.cancelRequested } }, answer)
  }

  async #writeAll(): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; this.#waiting.length > 0; ) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const results = await this.#store.settle(batch.map(({ settlement }) => settlement))
        for (const [index, waiting] of batch.entries()) this.#tell(waiting, results[index] ?? { kind: 'refused' })
        retryMs = FIRST_RETRY_MS
      } catch (error) {
        this.#onError(error)
        if (this.#givenUp) {
          for (const { answer } of batch) answer('given_up')
          continue
        }
        this.#waiting.unshift(...batch.map(triedBefore))
        await new Promise<void>((resolve) => this.#clock.setTimer(resolve, retryMs))
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
      }
    }
    this.#writing = false
  }
}

/** The store may have written it and been unable to say so. */
function triedBefore(waiting: Waiting): Waiting {
  return { ...waiting, settlement: { ...waiting.settlement, triedBefore: true } }
}
