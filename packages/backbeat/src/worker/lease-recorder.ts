import type { Recorder } from '../attempt/recorder.ts'
import type { Clock } from '../clock.ts'
import { isPassingStoreFault, LeaseLostError } from '../errors.ts'
import type { Lease } from '../job/assignment.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { JobExecution } from '../store/store.ts'
import type { WorkerStats } from './stats.ts'

/** What the store could not take is tried again after this many milliseconds, then after ever longer. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000

/** What every recorder of a worker writes with. */
export interface Recording {
  store: JobExecution
  clock: Clock
  /** Added to. */
  stats: WorkerStats
  /** Called when a report could not be written; it is left out. */
  onError(error: unknown, lease: Lease): void
}

/** Whose lease it is. */
export interface LeaseHolder {
  /** A write was refused: another worker holds the job by now. */
  leaseRefused(): void
}

/** Writes what one attempt records to the store, under its lease. */
export class LeaseRecorder implements Recorder {
  readonly #recording: Recording
  readonly #lease: Lease
  readonly #holder: LeaseHolder
  /** How many items of the job have failed, those of earlier deliveries included. */
  failedItems: number
  /** The report that is being written, and those before it. */
  #writing: Promise<void> | undefined
  #closed = false

  /** @param failedItems of earlier deliveries */
  constructor(recording: Recording, lease: Lease, failedItems: number, holder: LeaseHolder) {
    this.#recording = recording
    this.#lease = lease
    this.failedItems = failedItems
    this.#holder = holder
  }

  report(report: Report): void {
    // One after the other, so that an older progress never overwrites a newer one.
    this.#writing = this.#writing ? this.#writing.then(() => this.#writeReport(report)) : this.#writeReport(report)
  }

  settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return this.#untilTaken(({ store }) => store.settledItems(this.#lease, keys))
  }

  async recordItems(batch: ItemBatch): Promise<void> {
    const written = await this.#untilTaken(({ store }) => store.recordItems(this.#lease, batch))
    if (!written) {
      this.#recording.stats.refused.items += 1
      this.#holder.leaseRefused()
      throw new LeaseLostError()
    }
    this.failedItems = batch.counts.failed
  }

  /** Whether anything was reported that {@link drained} may have to wait for. */
  get isWriting(): boolean {
    return this.#writing !== undefined
  }

  /** Resolves when every report has been written, so that none comes after the outcome. */
  async drained(): Promise<void> {
    await this.#writing
  }

  /** The attempt is over: nothing is tried again any more. */
  close(): void {
    this.#closed = true
  }

  /** A store that is away for a while is not the task's fault, and must not fail its attempt. */
  async #untilTaken<Answer>(ask: (recording: Recording) => Promise<Answer>): Promise<Answer> {
    const { clock, stats, onError } = this.#recording
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)) {
      try {
        return await ask(this.#recording)
      } catch (error) {
        if (this.#closed || !isPassingStoreFault(error)) throw error
        stats.retriedStoreFaults += 1
        onError(error, this.#lease)
        await new Promise<void>((resolve) => clock.setTimer(resolve, retryMs))
      }
    }
  }

  async #writeReport(report: Report): Promise<void> {
    const { store, stats, onError } = this.#recording
    try {
      const refused = await store.report([{ lease: this.#lease, report }])
      if (refused.length === 0) return
      stats.refused.reports += 1
      this.#holder.leaseRefused()
    } catch (error) {
      onError(error, this.#lease)
    }
  }
}
