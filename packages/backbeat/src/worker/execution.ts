import type { Logger } from 'pino'
import type { Backoff } from '../job/backoff.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Changes } from '../job/transition.ts'
import type { Pool } from '../pool/pool.ts'
import type { ClaimedJob, JobExecution } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import type { Delivery } from './delivery.ts'
import type { Heartbeat } from './heartbeat.ts'
import { type LeaseHolder, LeaseRecorder, type Recording } from './lease-recorder.ts'
import { type AttemptEnd, type AttemptListener, RunningAttempt, type Supervision } from './running-attempt.ts'
import type { Settled, SettledListener, Settler } from './settler.ts'
import type { WorkerStats } from './stats.ts'

/** For jobs whose task is not known here; they are not retried. */
const NO_BACKOFF: Backoff = { firstMs: 0, maxMs: 0, factor: 1, jitter: false }

/** Told what becomes of a delivery. */
export interface DeliveryListener {
  /** Its attempt has ended, or there was none: its slot is free. */
  ended(delivery: Delivery): void
  /** After that: its outcome is recorded, or is known not to be. */
  recorded(): void
}

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

/** What every execution of a worker works with. */
export interface ExecutionParts extends JobRunnerParts {
  recording: Recording
  /** Those whose task runs. */
  running: Set<Execution>
}

/**
 * One delivery on its way from the start to its recorded outcome. Thousands may wait for theirs, so it keeps
 * no more than that takes.
 */
export class Execution implements AttemptListener, SettledListener, LeaseHolder {
  readonly #delivery: Delivery
  readonly #parts: ExecutionParts
  readonly #listener: DeliveryListener
  #attempt: RunningAttempt | undefined
  #recorder: LeaseRecorder | undefined

  constructor(delivery: Delivery, parts: ExecutionParts, listener: DeliveryListener) {
    this.#delivery = delivery
    this.#parts = parts
    this.#listener = listener
  }

  /** Runs the attempt, unless it need not or must not be run any more. */
  start(): void {
    const { job, task, isLost, cancelReason } = this.#delivery
    if (isLost || cancelReason !== null) {
      this.#listener.ended(this.#delivery)
      this.#finish(isLost ? LEASE_LOST : outcomeEnd({ kind: 'cancelled', reason: cancelReason ?? '' }), 0)
      return
    }
    this.#recorder = new LeaseRecorder(this.#parts.recording, job, job.items.failed, this)
    this.#attempt = new RunningAttempt(task, this.#parts, this)
    this.#delivery.started(this.#attempt)
    this.#parts.running.add(this)
    this.#attempt.begin(this.#parts.pool, job, this.#recorder)
  }

  /** Lets another worker have a job that was not started. */
  giveBack(): void {
    this.#finish(this.#delivery.isLost ? LEASE_LOST : outcomeEnd({ kind: 'unstarted' }), 0)
  }

  /** Asks the task to stop; one that does not is ended, and its job released. */
  release(): void {
    this.#attempt?.release()
  }

  leaseRefused(): void {
    this.#attempt?.abandon()
  }

  attemptEnded(end: AttemptEnd): void {
    this.#parts.running.delete(this)
    const recorder = this.#recorder as LeaseRecorder
    this.#attempt = undefined
    this.#recorder = undefined
    this.#listener.ended(this.#delivery)
    recorder.close()
    if (recorder.isWriting) void recorder.drained().then(() => this.#finish(end, recorder.failedItems))
    else this.#finish(end, recorder.failedItems)
  }

  settled(settled: Settled): void {
    if (settled === 'refused') this.#tellRefused()
    else if (settled === 'given_up') this.#tellGivenUp()
    else this.#tellSettled(settled)
    this.#recorded()
  }

  #finish(end: AttemptEnd, failedItems: number): void {
    this.#delivery.ended()
    if (end.kind === 'outcome') {
      this.#settle(end.outcome, failedItems)
      return
    }
    if (end.kind === 'settled') this.#tellSettled({ status: end.status, error: null })
    else this.#tellStopped()
    this.#recorded()
  }

  #settle(outcome: Outcome, failedItems: number): void {
    const { job, task } = this.#delivery
    const { attempt, maxAttempts, redeliveries, maxRedeliveries } = job
    const ended = {
      lease: job,
      attempt,
      maxAttempts,
      redeliveries,
      maxRedeliveries,
      failedItems,
      cancelRequested: null,
      outcome,
      backoff: task?.retry.backoff ?? NO_BACKOFF,
      notifyOn: this.#parts.registry.notifyOn(job.taskType),
    }
    this.#parts.settler.settle(ended, this)
  }

  #recorded(): void {
    this.#parts.heartbeat.drop(this.#delivery.job)
    this.#listener.recorded()
  }

  #tellSettled({ status, error }: Pick<Changes, 'status' | 'error'>): void {
    const { logger, stats } = this.#parts
    const { job } = this.#delivery
    stats.settled += 1
    if (error) logger.warn({ ...about(job), error: error.message }, `Job ${status}`)
    else if (logger.isLevelEnabled('info')) logger.info(about(job), `Job ${status}`)
  }

  #tellRefused(): void {
    const { logger, stats } = this.#parts
    stats.refused.outcomes += 1
    logger.warn(about(this.#delivery.job), 'The outcome of an attempt was refused: its lease had been lost')
  }

  #tellGivenUp(): void {
    this.#parts.logger.warn(
      about(this.#delivery.job),
      'The outcome of an attempt could not be written: the job is rescued when its lease runs out',
    )
  }

  /** Its end is not recorded, so that the store was not even asked. */
  #tellStopped(): void {
    this.#parts.logger.warn(
      about(this.#delivery.job),
      'An attempt was stopped: a write of it was refused, its lease had been lost',
    )
  }
}

const LEASE_LOST: AttemptEnd = { kind: 'lease_lost' }

function outcomeEnd(outcome: Outcome): AttemptEnd {
  return { kind: 'outcome', outcome }
}

function about({ jobId, taskType, attempt }: ClaimedJob) {
  return { job_id: jobId, task_type: taskType, attempt }
}
