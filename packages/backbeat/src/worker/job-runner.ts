import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Backoff } from '../job/backoff.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Changes } from '../job/transition.ts'
import type { Pool } from '../pool/pool.ts'
import type { ClaimedJob, JobExecution } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { Delivery } from './delivery.ts'
import type { Heartbeat } from './heartbeat.ts'
import { LeaseRecorder } from './lease-recorder.ts'
import { type AttemptEnd, RunningAttempt, type StopGrace } from './running-attempt.ts'
import type { Settler } from './settler.ts'

/** For jobs whose task is not known here; they are not retried. */
const NO_BACKOFF: Backoff = { firstMs: 0, maxMs: 0, factor: 1, jitter: false }

/** An attempt past its hard limit is renewed for this long: its executor may have had to load first, and its end is to be recorded. */
const RENEWAL_MARGIN_MS = 120_000

/** What a runner works with. */
export interface JobRunnerParts {
  store: JobExecution
  registry: TaskRegistry
  pool: Pool
  heartbeat: Heartbeat
  settler: Settler
  clock: Clock
  logger: Logger
  grace: StopGrace
}

/** Takes claimed jobs from their claim to their recorded outcome. */
export class JobRunner {
  readonly #parts: JobRunnerParts
  readonly #running = new Set<RunningAttempt>()

  constructor(parts: JobRunnerParts) {
    this.#parts = parts
  }

  /** Keeps the leases alive from now on. Each delivery is to be run or given back. */
  accept(jobs: readonly ClaimedJob[]): Delivery[] {
    const { registry, heartbeat } = this.#parts
    const deliveries = jobs.map((job) => new Delivery(job, registry.find(job.taskType)))
    heartbeat.hold(
      deliveries.map((delivery) => ({
        lease: { jobId: delivery.job.jobId, delivery: delivery.job.delivery },
        until: this.#renewUntil(delivery.task),
        holder: delivery,
      })),
    )
    return deliveries
  }

  /**
   * Runs the attempt and records how it ended. Never rejects.
   *
   * @param onEnded called when the attempt has ended; its outcome is recorded after that
   */
  async run(delivery: Delivery, onEnded: () => void = () => {}): Promise<void> {
    const { job, task, cancelReason } = delivery
    if (delivery.isLost || cancelReason !== null) {
      onEnded()
      const outcome: Outcome = { kind: 'cancelled', reason: cancelReason ?? '' }
      return this.#finish(delivery, delivery.isLost ? { kind: 'lease_lost' } : { kind: 'outcome', outcome }, 0)
    }
    const recorder = this.#recorderFor(job, () => attempt.abandon())
    const attempt = this.#supervise(this.#parts.pool.run(job, recorder), task)
    delivery.started(attempt)
    this.#running.add(attempt)
    const end = await attempt.end
    this.#running.delete(attempt)
    onEnded()
    recorder.close()
    if (recorder.isWriting) await recorder.drained()
    return this.#finish(delivery, end, recorder.failedItems)
  }

  /** Lets another worker have a job that was not started. Never rejects. */
  giveBack(delivery: Delivery): Promise<void> {
    const end: AttemptEnd = delivery.isLost
      ? { kind: 'lease_lost' }
      : { kind: 'outcome', outcome: { kind: 'unstarted' } }
    return this.#finish(delivery, end, 0)
  }

  /** Asks every running attempt to stop; what does not stop is ended, and its job released. */
  releaseAll(): void {
    for (const attempt of this.#running) attempt.release()
  }

  async #finish(delivery: Delivery, end: AttemptEnd, failedItems: number): Promise<void> {
    const { job, task } = delivery
    try {
      if (end.kind === 'settled') this.#tell(job, { status: end.status, error: null })
      else this.#tell(job, end.kind === 'outcome' ? await this.#settle(job, task, failedItems, end.outcome) : null)
    } finally {
      this.#parts.heartbeat.drop(job)
    }
  }

  #recorderFor(job: ClaimedJob, onLost: () => void): LeaseRecorder {
    const { store, clock, logger } = this.#parts
    return new LeaseRecorder({
      clock,
      lease: job,
      failedItems: job.items.failed,
      store,
      onLost,
      onError: (error) => logger.warn({ err: error, job_id: job.jobId }, 'A report of a job could not be written'),
    })
  }

  #supervise(run: ReturnType<Pool['run']>, task: AnyTask | undefined): RunningAttempt {
    const { clock, grace } = this.#parts
    return new RunningAttempt(run, {
      clock,
      grace,
      hardMs: task?.limits.hardMs ?? null,
      isTransient: (error) => task?.retry.isTransient(error) ?? false,
    })
  }

  #renewUntil(task: AnyTask | undefined): number | null {
    const hardMs = task?.limits.hardMs ?? null
    return hardMs === null ? null : this.#parts.clock.now() + hardMs + RENEWAL_MARGIN_MS
  }

  #settle(job: ClaimedJob, task: AnyTask | undefined, failedItems: number, outcome: Outcome): Promise<Changes | null> {
    const { attempt, maxAttempts, redeliveries, maxRedeliveries, jobId, delivery } = job
    return this.#parts.settler.settle({
      lease: { jobId, delivery },
      job: { attempt, maxAttempts, redeliveries, maxRedeliveries, failedItems, cancelRequested: null },
      outcome,
      backoff: task?.retry.backoff ?? NO_BACKOFF,
    })
  }

  #tell(job: ClaimedJob, changes: Pick<Changes, 'status' | 'error'> | null): void {
    const { logger } = this.#parts
    const about = () => ({ job_id: job.jobId, task_type: job.taskType, attempt: job.attempt })
    if (!changes) {
      logger.warn(about(), 'The outcome of an attempt was refused: its lease had been lost')
    } else if (changes.error) {
      logger.warn({ ...about(), error: changes.error.message }, `Job ${changes.status}`)
    } else if (logger.isLevelEnabled('info')) {
      logger.info(about(), `Job ${changes.status}`)
    }
  }
}
