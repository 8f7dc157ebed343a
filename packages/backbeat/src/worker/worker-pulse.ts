import type { Clock } from '../clock.ts'
import { Periodic } from '../maintenance/periodic.ts'
import type { HeartbeatRecords, WorkerOrders, WorkerReport } from '../store/store.ts'

/** Workers that vanished are shown for this long. */
const FORGET_AFTER_MS = 24 * 3_600_000
/** Forgetting them needs to be looked at once in so many reports only. */
const REPORTS_PER_PRUNING = 1000

/** Says every few seconds that the worker lives, and brings back what operators ask of it. */
export class WorkerPulse {
  readonly #store: HeartbeatRecords
  readonly #describe: () => WorkerReport
  readonly #obey: (orders: WorkerOrders) => void
  readonly #onError: (error: unknown) => void
  readonly #periodic: Periodic
  #reports = 0

  /**
   * @param options.describe what there is to report now
   * @param options.obey told after each report what operators want, whether it is new or not
   * @param options.onError told when a report fails; the next one tries again
   */
  constructor(options: {
    store: HeartbeatRecords
    clock: Clock
    intervalMs: number
    describe: () => WorkerReport
    obey: (orders: WorkerOrders) => void
    onError: (error: unknown) => void
  }) {
    this.#store = options.store
    this.#describe = options.describe
    this.#obey = options.obey
    this.#onError = options.onError
    const { clock, intervalMs, onError } = options
    this.#periodic = new Periodic({ work: () => this.#report(), clock, intervalMs, onError })
  }

  start(): void {
    this.#periodic.start()
  }

  /** Reports at once; for when what the worker does has changed. */
  async beat(): Promise<void> {
    await this.#report().catch(this.#onError)
  }

  /** Asks for orders without a report: others may have written, and reports must not wake one another. */
  async look(): Promise<void> {
    await this.#store.workerOrders(this.#describe().name).then(this.#obey, this.#onError)
  }

  /** The worker leaves. */
  async stop(): Promise<void> {
    await this.#periodic.stop()
    await this.#store.removeWorker(this.#describe().name).catch(this.#onError)
  }

  async #report(): Promise<void> {
    const isPruned = this.#reports++ % REPORTS_PER_PRUNING === 0
    if (isPruned) await this.#store.pruneWorkers(FORGET_AFTER_MS)
    this.#obey(await this.#store.reportWorker(this.#describe()))
  }
}
