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
import type { Settled, Settler } from './settler.ts'
import type { WorkerStats } from './stats.ts'

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
  /** Added to. */
  stats: WorkerStats
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
    const { registry, heartbeat, stats } = this.#parts
    const deliveries = jobs.map((job) => new Delivery(job, registry.find(job.taskType), stats))
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
      if (end.kind === 'settled') return this.#tellSettled(job, { status: end.status, error: null })
      if (end.kind === 'lease_lost') return this.#tellStopped(job)
      const settled = await this.#settle(job, task, failedItems, end.outcome)
      if (settled === 'refused') this.#tellRefused(job)
      else if (settled === 'given_up') this.#tellGivenUp(job)
      else this.#tellSettled(job, settled)
    } finally {
      this.#parts.heartbeat.drop(job)
    }
  }

  #recorderFor(job: ClaimedJob, onLost: () => void): LeaseRecorder {
    const { store, clock, logger, stats } = this.#parts
    return new LeaseRecorder({
      clock,
      lease: job,
      failedItems: job.items.failed,
      store,
      stats,
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

  #settle(job: ClaimedJob, task: AnyTask | undefined, failedItems: number, outcome: Outcome): Promise<Settled> {
    const { attempt, maxAttempts, redeliveries, maxRedeliveries, jobId, delivery } = job
    return this.#parts.settler.settle({
      lease: { jobId, delivery },
      taskType: job.taskType,
      job: { attempt, maxAttempts, redeliveries, maxRedeliveries, failedItems, cancelRequested: null },
      outcome,
      backoff: task?.retry.backoff ?? NO_BACKOFF,
      notifyOn: this.#parts.registry.notifyOn(job.taskType),
    })
  }

  #tellSettled(job: ClaimedJob, { status, error }: Pick<Changes, 'status' | 'error'>): void {
    const { logger, stats } = this.#parts
    stats.settled += 1
    if (error) logger.warn({ ...about(job), error: error.message }, `Job ${status}`)
    else if (logger.isLevelEnabled('info')) logger.info(about(job), `Job ${status}`)
  }

  #tellRefused(job: ClaimedJob): void {
    const { logger, stats } = this.#parts
    stats.refused.outcomes += 1
    logger.warn(about(job), 'The outcome of an attempt was refused: its lease had been lost')
  }

  #tellGivenUp(job: ClaimedJob): void {
    this.#parts.logger.warn(
      about(job),
      'The outcome of an attempt could not be written: the job is rescued when its lease runs out',
    )
  }

  /** Its end is not recorded, so that the store was not even asked. */
  #tellStopped(job: ClaimedJob): void {
    this.#parts.logger.warn(about(job), 'An attempt was stopped: a write of it was refused, its lease had been lost')
  }
}

function about({ jobId, taskType, attempt }: ClaimedJob) {
  return { job_id: jobId, task_type: taskType, attempt }
}
