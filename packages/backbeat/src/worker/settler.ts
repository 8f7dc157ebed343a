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

/** So many writes at once: while one waits for the disk, the other is worked on. */
const MAX_WRITES = 2
/** A write beside another is worth its commit for so many outcomes; fewer wait for the one under way. */
const WORTH_A_WRITE = 500

/** An attempt that has ended, and what deciding about its job takes. */
export interface EndedAttempt extends RunningJob {
  lease: Lease
  outcome: Outcome
  backoff: Backoff
  /** In which states people are told of the job. */
  notifyOn: readonly NotifiableStatus[]
}

/** What was written; or that another worker holds the job by now; or that nobody knows, because the worker leaves. */
export type Settled = Changes | 'refused' | 'given_up'

/** Who waits for an outcome to be written. */
export interface SettledListener {
  /** It is written, or is known to be in vain. */
  settled(settled: Settled): void
}

interface Waiting extends Settlement {
  ended: EndedAttempt
  listener: SettledListener
}

/**
 * Decides what becomes of attempts that have ended, and writes it: those that end together in one
 * transaction, and many beside each other. Tries again for as long as the store is away; the lease says when that is in vain.
 */
export class Settler {
  readonly #store: JobExecution
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #waiting: Waiting[] = []
  /** How many writes are under way, or about to begin. */
  #writes = 0
  #givenUp = false

  constructor(store: JobExecution, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#onError = onError
  }

  /** @param listener is told in any case, and once */
  settle(ended: EndedAttempt, listener: SettledListener): void {
    const { lease, outcome, backoff, notifyOn, failedItems, cancelRequested } = ended
    const changes = transition(ended, outcome, backoff, this.#clock.now(), Math.random())
    const notification = notificationOf(changes, notifyOn, failedItems)
    this.#waiting.push({ lease, changes, knewOfCancel: cancelRequested !== null, notification, ended, listener })
    if (this.#writes > 0 && (this.#writes === MAX_WRITES || this.#waiting.length < WORTH_A_WRITE)) return
    this.#writes += 1
    // Attempts that end in the same turn of the event loop are written together.
    setImmediate(() => void this.#writeAll())
  }

  /** From now on a write that fails is not tried again: the jobs are rescued when their leases run out. */
  giveUp(): void {
    this.#givenUp = true
  }

  #tell({ changes, ended, listener }: Waiting, result: SettlementResult): void {
    if (result.kind === 'written') listener.settled(changes)
    else if (result.kind === 'refused') listener.settled('refused')
    else this.settle({ ...ended, cancelRequested: result.cancelRequested }, listener)
  }

  async #writeAll(): Promise<void> {
    try {
      for (let retryMs = FIRST_RETRY_MS; this.#waiting.length > 0; ) {
        const batch = this.#waiting
        this.#waiting = []
        const results = await this.#write(batch)
        if (results) {
          retryMs = FIRST_RETRY_MS
          batch.forEach((waiting, index) => {
            this.#tell(waiting, results[index] ?? { kind: 'refused' })
          })
        } else if (this.#givenUp) {
          for (const { listener } of batch) listener.settled('given_up')
        } else {
          this.#waiting = [...batch.map(triedBefore), ...this.#waiting]
          await new Promise<void>((resolve) => this.#clock.setTimer(resolve, retryMs))
          retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
        }
      }
    } finally {
      this.#writes -= 1
    }
  }

  async #write(batch: readonly Waiting[]): Promise<SettlementResult[] | undefined> {
    try {
      return await this.#store.settle(batch)
    } catch (error) {
      this.#onError(error)
      return undefined
    }
  }
}

/** The store may have written it and been unable to say so. */
function triedBefore(waiting: Waiting): Waiting {
  return { ...waiting, triedBefore: true }
}
