import type { Clock, Timer } from '../clock.ts'

/** Does something at once and then again and again, one round after the other. */
export class Periodic {
  readonly #work: () => Promise<unknown>
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #onError: (error: unknown) => void
  #timer: Timer | undefined
  #round: Promise<unknown> = Promise.resolve()
  #stopped = false

  /** @param onError told when a round fails; the next one tries again */
  constructor(options: {
    work: () => Promise<unknown>
    clock: Clock
    intervalMs: number
    onError: (error: unknown) => void
  }) {
    this.#work = options.work
    this.#clock = options.clock
    this.#intervalMs = options.intervalMs
    this.#onError = options.onError
  }

  start(): void {
    this.#stopped = false
    this.#round = this.#work()
      .catch(this.#onError)
      .finally(() => this.#schedule())
  }

  /** Resolves when the round that runs has ended; none begins after it. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#round
  }

  /** Spread over a fifth, so that processes that started together do not work together. */
  #schedule(): void {
    if (this.#stopped) return
    this.#timer = this.#clock.setTimer(() => this.start(), this.#intervalMs * (0.9 + Math.random() / 5))
  }
}
