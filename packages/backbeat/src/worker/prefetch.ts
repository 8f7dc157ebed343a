import { getHeapStatistics } from 'node:v8'

/** So much work, by the time that it takes, is kept ready, so that no slot waits for the database. */
const HORIZON_MS = 100
/**
 * So many jobs at most, by how far the heap may grow. With four thousand a drain of no-ops is a fifth quicker
 * than with one thousand, since claims and outcomes overlap better; each holds some ten kilobytes. Where nothing
 * overlaps, one thousand are as quick, and leave the garbage collector less to look through.
 */
const MAX_JOBS = 4000
const MIN_JOBS = 1000
const HEAP_PER_JOB = 128 * 1024
/** In characters of JSON: what waits here waits in memory. */
const MAX_INPUT = 16 * 1024 * 1024
/** Jobs that ended this quickly are not told apart. */
const QUICKEST_MS = 0.01
/** Jobs that end sooner than this are over before anyone could see that they run. */
const QUICK_MS = 20
/** How much the latest job weighs in the averages. */
const WEIGHT = 0.05
/** How many more jobs are kept ready than have ended so far, so that the first few are not taken for all. */
const GROWTH = 4
/** So many jobs must end before any is kept ready again after a {@link Prefetch.reset}. */
const HOLD_OFF = 20

/**
 * How many quick jobs a worker may have in hand, besides those that run.
 *
 * @param storeAnswersAtOnce see `Store.answersAtOnce`
 * @param heap how far it may grow, in bytes
 */
export function mostInHand(storeAnswersAtOnce: boolean, heap: number = getHeapStatistics().heap_size_limit): number {
  if (storeAnswersAtOnce) return MIN_JOBS
  return Math.max(MIN_JOBS, Math.min(MAX_JOBS, Math.floor(heap / HEAP_PER_JOB)))
}

/**
 * Decides how many jobs a worker claims before it has a slot for them: as many as its slots work off in
 * a moment, so that quick jobs come in batches, and long ones are left to whoever is free.
 */
export class Prefetch {
  readonly #most: number
  #ended = 0
  #runMs = 0
  #input = 0

  /** @param most jobs that are kept ready */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Notes a job that has ended.
   *
   * @param runMs how long it ran, in milliseconds
   * @param input how long its input is, in characters of JSON
   */
  note(runMs: number, input: number): void {
    this.#ended += 1
    const weight = Math.max(WEIGHT, 1 / Math.max(1, this.#ended))
    this.#runMs += (runMs - this.#runMs) * weight
    this.#input += (input - this.#input) * weight
  }

  /** Forgets what it knows: the next jobs are taken one for each slot. */
  reset(): void {
    this.#ended = -HOLD_OFF
  }

  /** Whether jobs are over in a moment, by those that have ended. */
  get areQuick(): boolean {
    return this.#ended > HOLD_OFF && this.#runMs < QUICK_MS
  }

  /** How many jobs to keep ready besides those that run. */
  target(concurrency: number): number {
    if (this.#ended <= 0) return 0
    const inTime = (concurrency * HORIZON_MS) / Math.max(QUICKEST_MS, this.#runMs)
    const inMemory = MAX_INPUT / Math.max(1, this.#input)
    return Math.floor(Math.min(this.#most, inTime, inMemory, this.#ended * GROWTH))
  }
}
