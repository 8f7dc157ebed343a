import type { Clock, Timer } from './clock.ts'

/** Wakes one waiter. A signal that comes while nobody waits is kept for the next wait. */
export class WakeSignal {
  #signalled = false
  #wake: (() => void) | undefined

  notify(): void {
    this.#signalled = true
    this.#wake?.()
  }

  /** Waits for a signal, but no longer than `timeoutMs`; `null` for as long as it takes. Answers whether one came. */
  async wait(timeoutMs: number | null, clock: Clock): Promise<boolean> {
    let timer: Timer | undefined
    if (!this.#signalled) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (timeoutMs !== null) timer = clock.setTimer(resolve, timeoutMs)
      })
    }
    timer?.cancel()
    const signalled = this.#signalled
    this.#signalled = false
    this.#wake = undefined
    return signalled
  }
}
