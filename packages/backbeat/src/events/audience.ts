import type { JobSummary } from '../job/job.ts'
import type { Listener } from './listener.ts'

/** Listeners that have come equally far. Those of one job are found by its id, so that many of them cost no more. */
export class Audience {
  readonly #ofOneJob = new Map<string, Set<Listener>>()
  readonly #others = new Set<Listener>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(listener: Listener): void {
    this.#size += 1
    if (listener.jobId === undefined) {
      this.#others.add(listener)
      return
    }
    const same = this.#ofOneJob.get(listener.jobId)
    if (same) same.add(listener)
    else this.#ofOneJob.set(listener.jobId, new Set([listener]))
  }

  delete(listener: Listener): void {
    const { jobId } = listener
    const group = jobId === undefined ? this.#others : this.#ofOneJob.get(jobId)
    if (!group?.delete(listener)) return
    this.#size -= 1
    if (jobId !== undefined && group.size === 0) this.#ofOneJob.delete(jobId)
  }

  /** Whether anyone may want to hear of the job. */
  wants(jobId: string): boolean {
    return this.#others.size > 0 || this.#ofOneJob.has(jobId)
  }

  offer(job: JobSummary): void {
    for (const listener of this.#ofOneJob.get(job.id) ?? []) listener.offer(job)
    for (const listener of this.#others) listener.offer(job)
  }

  *[Symbol.iterator](): Iterator<Listener> {
    yield* this.#others
    for (const same of this.#ofOneJob.values()) yield* same
  }
}
