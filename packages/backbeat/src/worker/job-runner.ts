import type { Logger } from 'pino'
import type { Backoff } from '../job/backoff.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Changes } from '../job/transition.ts'
import type { Pool } from '../pool/pool.ts'
import type { ClaimedJob, JobExecution } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { Delivery } from './delivery.ts'
import type { Heartbeat } from './heartbeat.ts'
import { LeaseRecorder, type Recording } from './lease-recorder.ts'
import { type AttemptEnd, RunningAttempt, type Supervision } from './running-attempt.ts'
import type { Settled, Settler } from './settler.ts'
import type { WorkerStats } from './stats.ts'

/** For jobs whose task is not known here; they are not retried. */
const NO_BACKOFF: Backoff = { firstMs: 0, maxMs: 0, factor: 1, jitter: false }

/** An attempt past its hard limit is renewed for this long: its executor may have had to load first, and its end is to be recorded. */
const RENEWAL_MARGIN_MS = 120_000

/** What a runner works with. */
export interface JobRunnerParts extends Supervision {
  store: JobExecution
  registry: TaskRegistry
  pool: Pool
  heartbeat: Heartbeat
  settler: Settler
  logger: Logger
  /** Added to. */
  stats: WorkerStats
}

/** Takes claimed jobs from their claim to their recorded outcome. */
export class JobRunner {
  readonly #parts: JobRunnerParts
  readonly #recording: Recording
  readonly #running = new Set<RunningAttempt>()

  constructor(parts: JobRunnerParts) {
    this.#parts = parts
    const { store, clock, stats, logger } = parts
    const onError: Recording['onError'] = (error, { jobId }) =>
      logger.warn({ err: error, job_id: jobId }, 'A report of a job could not be written')
    this.#recording = { store, clock, stats, onError }
  }

  /** Keeps the leases alive from now on. Each delivery is to be run or given back. */
  accept(jobs: readonly ClaimedJob[]): Delivery[] {
    const { registry, heartbeat, stats } = this.#parts
    const deliveries = jobs.map((job) => {
      const task = registry.find(job.taskType)
      return new Delivery(job, task, this.#renewUntil(task), stats)
    })
    heartbeat.hold(deliveries)
    return deliveries
  }

  /**
   * Runs the attempt and records how it ended.
   *
   * @param onEnded called when the attempt has ended
   * @param onRecorded called after that, when its outcome is recorded, or is known not to be
   */
  run(delivery: Delivery, onEnded: () => void, onRecorded: () => void): void {
    const { job, task, cancelReason } = delivery
    if (delivery.isLost || cancelReason !== null) {
      onEnded()
      const outcome: Outcome = { kind: 'cancelled', reason: cancelReason ?? '' }
      const end: AttemptEnd = delivery.isLost ? { kind: 'lease_lost' } : { kind: 'outcome', outcome }
      this.#finish(delivery, end, 0, onRecorded)
      return
    }
    const recorder = new LeaseRecorder(this.#recording, job, job.items.failed, () => attempt.abandon())
    const attempt = new RunningAttempt(this.#parts.pool.run(job, recorder), task, this.#parts)
    delivery.started(attempt)
    this.#running.add(attempt)
    void attempt.end.then((end) => {
      this.#running.delete(attempt)
      onEnded()
      recorder.close()
      const finish = () => this.#finish(delivery, end, recorder.failedItems, onRecorded)
      if (recorder.isWriting) void recorder.drained().then(finish)
      else finish()
    })
  }

  /**
   * Lets another worker have a job that was not started.
   *
   * @param onRecorded called when that is recorded, or is known not to be
   */
  giveBack(delivery: Delivery, onRecorded: () => void): void {
    const end: AttemptEnd = delivery.isLost
      ? { kind: 'lease_lost' }
      : { kind: 'outcome', outcome: { kind: 'unstarted' } }
    this.#finish(delivery, end, 0, onRecorded)
  }

  /** Asks every running attempt to stop; what does not stop is ended, and its job released. */
  releaseAll(): void {
    for (const attempt of this.#running) attempt.release()
  }

  #finish(delivery: Delivery, end: AttemptEnd, failedItems: number, onRecorded: () => void): void {
    const { job, task } = delivery
    delivery.ended()
    if (end.kind === 'outcome') {
      void this.#settle(job, task, failedItems, end.outcome).then((settled) => {
        if (settled === 'refused') this.#tellRefused(job)
        else if (settled === 'given_up') this.#tellGivenUp(job)
        else this.#tellSettled(job, settled)
        this.#parts.heartbeat.drop(job)
        onRecorded()
      })
      return
    }
    if (end.kind === 'settled') this.#tellSettled(job, { status: end.status, error: null })
    else this.#tellStopped(job)
    this.#parts.heartbeat.drop(job)
    onRecorded()
  }

  #renewUntil(task: AnyTask | undefined): number | null {
    const hardMs = task?.limits.hardMs ?? null
    return hardMs === null ? null : this.#parts.clock.now() + hardMs + RENEWAL_MARGIN_MS
  }

  #settle(job: ClaimedJob, task: AnyTask | undefined, failedItems: number, outcome: Outcome): Promise<Settled> {
    const { attempt, maxAttempts, redeliveries, maxRedeliveries } = job
    return this.#parts.settler.settle({
      lease: job,
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
