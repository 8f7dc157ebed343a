/** After so many pages of log SQLite copies them into the database by default, within the commit that is about to end. */
export const PAGES_PER_CHECKPOINT = 1000
/** Where a thread does that beside the writer, the writer does it itself only after so many pages of log. */
export const PAGES_WITH_HELP = 4000

/** What one commit writes besides its rows: the pages that it shares with no other row. */
const PAGES_PER_COMMIT = 4
/** A row of usual size that is written among others, with its entries in indexes. */
const PAGES_PER_ROW = 0.1

const DUE_AT = 0
const HELPED_AT = 1
const NO = 0
const YES = 1

/**
 * Who copies the log into the database: a writer that does it itself spends a fifth of its time on it, most of that
 * waiting for the disk. Lies in memory that the writer's thread shares with that of its heartbeat, which does it
 * while the writer goes on. It is woken as often as SQLite would do it; under load the writer may be some pages ahead
 * by then, so a power cut may lose as much as those more.
 */
export class Checkpoints {
  readonly buffer: SharedArrayBuffer
  readonly #flags: Int32Array<SharedArrayBuffer>
  #pages = 0

  /** @param buffer of the writer's, for its helper */
  constructor(buffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer
    this.#flags = new Int32Array(buffer)
  }

  /** Whether a helper is there. */
  get isHelped(): boolean {
    return Atomics.load(this.#flags, HELPED_AT) === YES
  }

  /** Said by the helper when it comes, and when it goes. */
  help(isThere: boolean): void {
    Atomics.store(this.#flags, HELPED_AT, isThere ? YES : NO)
    if (!isThere) this.#wake()
  }

  /** Counts what was committed. @param rows about how many were written */
  committed(rows: number): void {
    this.#pages += PAGES_PER_COMMIT + rows * PAGES_PER_ROW
    if (this.#pages < PAGES_PER_CHECKPOINT) return
    this.#pages = 0
    this.#wake()
  }

  /** Resolves when a checkpoint is due, or the helper has gone. */
  async due(): Promise<void> {
    const { async, value } = Atomics.waitAsync(this.#flags, DUE_AT, NO)
    if (async) await value
    Atomics.store(this.#flags, DUE_AT, NO)
  }

  #wake(): void {
    if (Atomics.exchange(this.#flags, DUE_AT, YES) === NO) Atomics.notify(this.#flags, DUE_AT)
  }
}
