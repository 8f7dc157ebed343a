/** More than this many are not remembered: those that other workers took are never heard of again. */
const MAX_SUSPECTS = 10_000

/** Jobs that were in an executor when it died, of which one is guilty. */
export class Suspects {
  readonly #jobIds = new Set<string>()

  add(jobId: string): void {
    this.#jobIds.delete(jobId)
    this.#jobIds.add(jobId)
    const [oldest] = this.#jobIds
    if (this.#jobIds.size > MAX_SUSPECTS && oldest) this.#jobIds.delete(oldest)
  }

  has(jobId: string): boolean {
    return this.#jobIds.has(jobId)
  }

  clear(jobId: string): void {
    this.#jobIds.delete(jobId)
  }
}
