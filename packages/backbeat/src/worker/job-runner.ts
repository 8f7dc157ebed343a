import type { ClaimedJob } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import { Delivery } from './delivery.ts'
import { type DeliveryListener, Execution, type ExecutionParts, type JobRunnerParts } from './execution.ts'
import type { Recording } from './lease-recorder.ts'

/** An attempt past its hard limit is renewed for this long: its executor may have had to load first, and its end is to be recorded. */
const RENEWAL_MARGIN_MS = 120_000

/** Takes claimed jobs from their claim to their recorded outcome. */
export class JobRunner {
  readonly #parts: ExecutionParts

  constructor(parts: JobRunnerParts) {
    const { store, clock, stats, logger } = parts
    const onError: Recording['onError'] = (error, { jobId }) =>
      logger.warn({ err: error, job_id: jobId }, 'A report of a job could not be written')
    this.#parts = { ...parts, recording: { store, clock, stats, onError }, running: new Set() }
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

  /** Runs the attempt and records how it ended. */
  run(delivery: Delivery, listener: DeliveryListener): void {
    new Execution(delivery, this.#parts, listener).start()
  }

  /** Lets another worker have a job that was not started. */
  giveBack(delivery: Delivery, listener: DeliveryListener): void {
    new Execution(delivery, this.#parts, listener).giveBack()
  }

  /** Asks every running attempt to stop; what does not stop is ended, and its job released. */
  releaseAll(): void {
    for (const execution of this.#parts.running) execution.release()
  }

  #renewUntil(task: AnyTask | undefined): number | null {
    const hardMs = task?.limits.hardMs ?? null
    return hardMs === null ? null : this.#parts.clock.now() + hardMs + RENEWAL_MARGIN_MS
  }
}
