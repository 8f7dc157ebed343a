import type { Clock } from '../clock.ts'
import type { JobSummary } from '../job/job.ts'
import { WakeSignal } from '../wake-signal.ts'
import { type EventFilter, matcherOf } from './event-filter.ts'

/** What a listener is told. */
export type JobEvent =
  /** The job as it is now. What it was in between may have been left out; how it ended never is. */
  | { kind: 'job'; job: JobSummary }
  /** A job that is in another status than those that the filter wants, and may have been in one of them. */
  | { kind: 'left'; job: JobSummary }
  /** Events are missing: load what is shown again, and go on. */
  | { kind: 'reset' }

export interface Taken {
  events: JobEvent[]
  /** Whoever has these events has everything up to this position; `null` where more are still to be taken. */
  position: string | null
}

/**
 * One who listens. What is not taken yet is kept once for each job, its latest state, up to a bound;
 * beyond the bound all of it makes place for one `reset`.
 */
export class Listener {
  /** The one job that it is about, if it is. */
  readonly jobId: string | undefined
  readonly #matches: (job: JobSummary) => 'in' | 'left' | 'out'
  readonly #maxPending: number
  readonly #onClose: (listener: Listener) => void
  readonly #clock: Clock
  readonly #wake = new WakeSignal()
  /** What came since the last batch. A job that changes again moves to the end. */
  #pending = new Map<string, JobEvent>()
  /** What is being taken, and where one is who has taken all of it. */
  #batch: JobEvent[] = []
  #batchPosition: string | null = null
  #position: string | null
  #isReset = false
  #closed = false

  /** @param after where to go on, if it has listened before; else it begins where the hub is */
  constructor(options: {
    filter: EventFilter
    after: string | undefined
    maxPending: number
    clock: Clock
    onClose: (listener: Listener) => void
  }) {
    this.jobId = options.filter.jobId
    this.#matches = matcherOf(options.filter)
    this.#maxPending = options.maxPending
    this.#clock = options.clock
    this.#onClose = options.onClose
    this.#position = options.after ?? null
  }

  /** Everything up to here has been told or is kept; `null` before the hub knows where it is. */
  get position(): string | null {
    return this.#position
  }

  /** How many events it keeps. */
  get pending(): number {
    return this.#batch.length + this.#pending.size
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether there is nothing to take, so that whoever has taken all so far is at {@link position}. */
  get isIdle(): boolean {
    return this.pending === 0 && !this.#isReset
  }

  /** Resolves once there is something to take, it is closed, or the time is over. For one caller at a time. */
  async awake(timeoutMs: number | null = null): Promise<void> {
    while (!this.#closed && this.isIdle) {
      if (!(await this.#wake.wait(timeoutMs, this.#clock))) return
    }
  }

  /** Resolves once the position is known, or it is closed. */
  async arrived(): Promise<void> {
    while (this.#position === null && !this.#closed) await this.#wake.wait(null, this.#clock)
  }

  /** Takes what has come, at most so many events. */
  take(most: number): Taken {
    if (this.#isReset) {
      this.#isReset = false
      return { events: [{ kind: 'reset' }], position: this.#position }
    }
    if (this.#batch.length === 0) {
      this.#batch = [...this.#pending.values()].reverse()
      this.#pending = new Map()
      this.#batchPosition = this.#position
    }
    const events: JobEvent[] = []
    while (events.length < most) {
      const event = this.#batch.pop()
      if (!event) break
      events.push(event)
    }
    return { events, position: this.#batch.length === 0 ? this.#batchPosition : null }
  }

  /** Called by the hub with the latest state of a job that changed. */
  offer(job: JobSummary): void {
    const match = this.#matches(job)
    // While a reset is to be told, everything is loaded again after it.
    if (match === 'out' || this.#isReset || this.#closed) return
    this.#pending.delete(job.id)
    this.#pending.set(job.id, { kind: match === 'in' ? 'job' : 'left', job })
    if (this.pending > this.#maxPending) this.reset()
    else this.#wake.notify()
  }

  /** Called by the hub when everything up to a position has been offered. */
  arrive(position: string): void {
    const isFirst = this.#position === null
    this.#position = position
    if (isFirst) this.#wake.notify()
  }

  /** Called by the hub where it cannot know what is missing. */
  reset(): void {
    this.#batch = []
    this.#pending = new Map()
    this.#isReset = true
    this.#wake.notify()
  }

  /** Hears no more. What was not taken is gone. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#batch = []
    this.#pending = new Map()
    this.#onClose(this)
    this.#wake.notify()
  }
}
