/** Hands on what comes in together: the first at once, what follows so often at most. */
export class Batch<Entry> {
  readonly #everyMs: number
  readonly #onBatch: (entries: Entry[]) => void
  #entries: Entry[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #isResting = false

  constructor(everyMs: number, onBatch: (entries: Entry[]) => void) {
    this.#everyMs = everyMs
    this.#onBatch = onBatch
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    if (!this.#isResting) this.flush()
  }

  /** Hands on what there is now. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#isResting = this.#entries.length > 0
    if (!this.#isResting) return
    const entries = this.#entries
    this.#entries = []
    this.#timer = setTimeout(() => this.flush(), this.#everyMs)
    this.#onBatch(entries)
  }

  clear(): void {
    this.#entries = []
  }
}
