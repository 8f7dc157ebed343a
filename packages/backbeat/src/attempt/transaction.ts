import { LeaseLostError } from '../errors.ts'
import type { Assignment, Lease } from '../job/assignment.ts'
import type { Backoff } from '../job/backoff.ts'
import { type NotifiableStatus, notificationOf } from '../job/notification.ts'
import type { Ending, Outcome } from '../job/outcome.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import { type RunningJob, transition } from '../job/transition.ts'
import type { AttemptTransaction } from '../store/store.ts'
import type { Recorder } from './recorder.ts'

/**
 * An attempt whose effects, records and outcome are one transaction. Everything that the attempt
 * writes goes through it: on SQLite nobody else could write before it ends.
 */
export class TransactionalAttempt implements Recorder {
  readonly #transaction: AttemptTransaction
  readonly #assignment: Assignment
  readonly #lease: Lease
  readonly #outside: Recorder
  #reports: Report[] = []
  #failedItems: number

  /** @param outside takes the log of an attempt that is rolled back */
  constructor(transaction: AttemptTransaction, assignment: Assignment, outside: Recorder) {
    const { jobId, delivery } = assignment
    this.#transaction = transaction
    this.#assignment = assignment
    this.#lease = { jobId, delivery }
    this.#outside = outside
    this.#failedItems = assignment.items.failed
  }

  /** What the task finds as `ctx.tx`. */
  get handle(): object {
    return this.#transaction.handle
  }

  /** Whether its connection was lost, and with it most likely all that it did. */
  get isLost(): boolean {
    return this.#transaction.isLost
  }

  report(report: Report): void {
    this.#reports.push(report)
  }

  settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return this.#transaction.settledItems(this.#lease, keys)
  }

  async recordItems(batch: ItemBatch): Promise<void> {
    if (!(await this.#transaction.recordItems(this.#lease, batch))) throw new LeaseLostError()
    this.#failedItems = batch.counts.failed
  }

  /**
   * Commits a success with its effects. Anything else is undone, and left to the worker to record.
   *
   * @param now milliseconds since 1970 in UTC
   * @throws LeaseLostError where another worker holds the job by now; nothing is committed then
   */
  async end(
    outcome: Outcome,
    { backoff, notifyOn }: { backoff: Backoff; notifyOn: readonly NotifiableStatus[] },
    now: number,
  ): Promise<Ending> {
    if (outcome.kind !== 'success') {
      await this.rollback()
      return outcome
    }
    for (const report of this.#reports) await this.#transaction.report(this.#lease, report)
    let job = this.#runningJob()
    for (;;) {
      const changes = transition(job, outcome, backoff, now, Math.random())
      const knewOfCancel = job.cancelRequested !== null
      const notification = notificationOf(changes, notifyOn, job.failedItems)
      const result = await this.#transaction.settle({ lease: this.#lease, changes, knewOfCancel, notification })
      if (result.kind === 'refused') throw new LeaseLostError()
      if (result.kind === 'written') {
        await this.#transaction.commit()
        return { kind: 'settled', status: changes.status }
      }
      job = { ...job, cancelRequested: result.cancelRequested }
    }
  }

  /** Undoes all but the log, which tells why. */
  async rollback(): Promise<void> {
    await this.#transaction.rollback()
    for (const { logs } of this.#reports.splice(0)) this.#outside.report({ logs })
  }

  #runningJob(): RunningJob {
    const { attempt, maxAttempts, redeliveries } = this.#assignment
    // How often it may be redelivered does not matter to a success.
    return {
      attempt,
      maxAttempts,
      redeliveries,
      maxRedeliveries: 0,
      failedItems: this.#failedItems,
      cancelRequested: null,
    }
  }
}
