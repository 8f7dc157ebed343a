import type { StoreChange } from './store.ts'

/** Who wants to hear of changes. */
export class ChangeListeners {
  readonly #listeners = new Set<{ call: (change: StoreChange) => void }>()

  get size(): number {
    return this.#listeners.size
  }

  /** Returns how to stop; the same function may listen more than once. */
  add(call: (change: StoreChange) => void): () => void {
    const listener = { call }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells everyone. A listener that throws hurts neither the others nor the write that it hears of. */
  tell(change: StoreChange): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(change)
      } catch (error) {
        process.emitWarning(`A listener to store changes threw: ${error instanceof Error ? error.message : error}`, {
          code: 'BACKBEAT_LISTENER',
        })
      }
    }
  }

  clear(): void {
    this.#listeners.clear()
  }
}
