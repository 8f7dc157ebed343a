import type { Recorder } from '../attempt/recorder.ts'
import { LeaseLostError } from '../errors.ts'
import type { Lease } from '../job/assignment.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { JobExecution } from '../store/store.ts'

/** Writes what one attempt records to the store, under its lease. */
export class LeaseRecorder implements Recorder {
  readonly #lease: Lease
  readonly #store: JobExecution
  readonly #onLost: () => void
  readonly #onError: (error: unknown) => void
  /** How many items of the job have failed, those of earlier deliveries included. */
  failedItems: number
  #writing: Promise<void> = Promise.resolve()

  constructor(options: {
    lease: Lease
    failedItems: number
    store: JobExecution
    /** Called when a write was refused. */
    onLost: () => void
    /** Called when a report could not be written; it is left out. */
    onError: (error: unknown) => void
  }) {
    const { jobId, delivery } = options.lease
    this.#lease = { jobId, delivery }
    this.failedItems = options.failedItems
    this.#store = options.store
    this.#onLost = options.onLost
    this.#onError = options.onError
  }

  report(report: Report): void {
    // One after the other, so that an older progress never overwrites a newer one.
    this.#writing = this.#writing.then(() => this.#writeReport(report))
  }

  settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return this.#store.settledItems(this.#lease, keys)
  }

  async recordItems(batch: ItemBatch): Promise<void> {
    const written = await this.#store.recordItems(this.#lease, batch)
    if (!written) {
      this.#onLost()
      throw new LeaseLostError()
    }
    this.failedItems = batch.counts.failed
  }

  /** Resolves when every report has been written, so that none comes after the outcome. */
  async drained(): Promise<void> {
    await this.#writing
  }

  async #writeReport(report: Report): Promise<void> {
    try {
      const refused = await this.#store.report([{ lease: this.#lease, report }])
      if (refused.length > 0) this.#onLost()
    } catch (error) {
      this.#onError(error)
    }
  }
}
