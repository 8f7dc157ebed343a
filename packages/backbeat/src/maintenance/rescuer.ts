import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Lease } from '../job/assignment.ts'
import type { Backoff } from '../job/backoff.ts'
import { notificationOf } from '../job/notification.ts'
import { transition } from '../job/transition.ts'
import type { ExpiredJob, JobExecution, Settlement } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { Periodic } from './periodic.ts'

/** How many jobs one transaction takes back. */
const BATCH = 100

/** A lost job is handed out again by a rule of its own. */
const UNUSED_BACKOFF: Backoff = { firstMs: 0, maxMs: 0, factor: 1, jitter: false }

/** Takes jobs back whose worker has vanished: their lease ran out and nobody renewed it. */
export class Rescuer {
  readonly #store: JobExecution
  readonly #registry: TaskRegistry
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #held: () => Lease[]
  readonly #onRescue: () => void
  readonly #periodic: Periodic

  /**
   * @param options.held leases of this process, whose jobs are never lost while it lives
   * @param options.onRescue called for each job that was taken back
   */
  constructor(options: {
    store: JobExecution
    registry: TaskRegistry
    clock: Clock
    logger: Logger
    intervalMs: number
    held: () => Lease[]
    onRescue?: () => void
  }) {
    const { store, registry, clock, logger, intervalMs, held, onRescue = () => {} } = options
    this.#store = store
    this.#registry = registry
    this.#clock = clock
    this.#logger = logger
    this.#held = held
    this.#onRescue = onRescue
    this.#periodic = new Periodic({
      work: () => this.sweep(),
      clock,
      intervalMs,
      onError: (error) => logger.error({ err: error }, 'Lost jobs could not be looked for; trying again'),
    })
  }

  /** Sweeps at once, and then again and again. */
  start(): void {
    this.#periodic.start()
  }

  stop(): Promise<void> {
    return this.#periodic.stop()
  }

  /** Takes back every job whose lease has run out, and returns how many there were. Doing it twice changes nothing. */
  async sweep(): Promise<number> {
    let rescued = 0
    for (;;) {
      const expired = await this.#store.findExpired(BATCH, this.#held())
      if (expired.length === 0) return rescued
      const settlements = expired.map((job) => this.#decide(job))
      const results = await this.#store.settle(settlements)
      for (const [index, { kind }] of results.entries()) {
        const job = expired[index]
        const settlement = settlements[index]
        if (kind !== 'written' || !job || !settlement) continue
        rescued += 1
        this.#onRescue()
        this.#logger.warn(
          { job_id: job.jobId, task_type: job.taskType, worker: job.worker },
          `A job was taken back from a worker that vanished; it is now ${settlement.changes.status}`,
        )
      }
      if (expired.length < BATCH) return rescued
    }
  }

  #decide(job: ExpiredJob): Settlement {
    const reason = `Its worker ${job.worker ?? ''} stopped renewing its lease`
    const changes = transition(job, { kind: 'lost', reason }, UNUSED_BACKOFF, this.#clock.now(), 0)
    const notification = notificationOf(changes, this.#registry.notifyOn(job.taskType))
    return { lease: job, changes, knewOfCancel: job.cancelRequested !== null, onlyIfExpired: true, notification }
  }
}
