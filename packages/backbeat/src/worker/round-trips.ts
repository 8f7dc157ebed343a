/**
 * How long the other side of a message channel takes to answer: how busy its event loop is. Known
 * also while it does not answer at all.
 */
export class RoundTrips {
  readonly #ping: () => void
  readonly #now: () => number
  #askedAt: number | undefined
  #lastMs = 0

  /** @param now milliseconds that only ever rise */
  constructor(ping: () => void, now: () => number = () => performance.now()) {
    this.#ping = ping
    this.#now = now
  }

  /** Asks, unless an answer is still outstanding. */
  ask(): void {
    if (this.#askedAt !== undefined) return
    this.#askedAt = this.#now()
    this.#ping()
  }

  answered(): void {
    if (this.#askedAt === undefined) return
    this.#lastMs = this.#now() - this.#askedAt
    this.#askedAt = undefined
  }

  /** In milliseconds: the last one, or the one that has not ended, whichever took longer. */
  get lagMs(): number {
    return this.#askedAt === undefined ? this.#lastMs : Math.max(this.#lastMs, this.#now() - this.#askedAt)
  }
}
