/** Chance that can be repeated: the same seed gives the same faults in the same order. */
export class Random {
  #state: number

  /** @param seed any whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number from 0 up to 1; the generator is "mulberry32". */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.integer(0, choices.length - 1)]
    if (chosen === undefined) throw new RangeError('There is nothing to choose from')
    return chosen
  }
}
