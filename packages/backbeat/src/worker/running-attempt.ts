import type { Clock, Timer } from '../clock.ts'
import { type BackbeatError, HardTimeLimitError, JobCancelledError, LeaseLostError, ShutdownError } from '../errors.ts'
import type { Ending, Outcome } from '../job/outcome.ts'
import { recordError } from '../job/recorded-error.ts'
import type { PoolRun } from '../pool/pool.ts'

/** How long a task that was asked to stop may take before its executor is ended, in milliseconds. */
export interface StopGrace {
  cancelMs: number
  shutdownMs: number
}

/** What the end of an attempt means to its worker. */
export type AttemptEnd =
  | { kind: 'outcome'; outcome: Outcome }
  /** It is recorded already, with its effects. */
  | Extract<Ending, { kind: 'settled' }>
  | { kind: 'lease_lost' }

/**
 * An attempt under supervision: it ends by itself, at its hard limit, or some time after it was
 * asked to stop. Whoever kills it says what is recorded.
 */
export class RunningAttempt {
  readonly #run: PoolRun
  readonly #clock: Clock
  readonly #grace: StopGrace
  readonly #timers = new Set<Timer>()
  #recordedInstead: Outcome | undefined
  #leaseLost = false
  #hasEnded = false
  readonly end: Promise<AttemptEnd>

  /**
   * @param hardMs the hard limit, in milliseconds
   * @param isTransient the task's retry policy
   */
  constructor(
    run: PoolRun,
    options: { clock: Clock; grace: StopGrace; hardMs: number | null; isTransient: (error: unknown) => boolean },
  ) {
    this.#run = run
    this.#clock = options.clock
    this.#grace = options.grace
    this.end = this.#watch()
    const { hardMs } = options
    if (hardMs !== null) run.started.then(() => this.#limit(hardMs, options.isTransient))
  }

  cancel(reason: string): void {
    this.#stop(new JobCancelledError(reason), this.#grace.cancelMs, { kind: 'cancelled', reason })
  }

  release(): void {
    const error = new ShutdownError()
    this.#stop(error, this.#grace.shutdownMs, { kind: 'released', reason: error.message })
  }

  /** Nothing more will be recorded; the slot is to be had back soon. */
  abandon(): void {
    this.#leaseLost = true
    const error = new LeaseLostError()
    this.#stop(error, this.#grace.cancelMs, { kind: 'released', reason: error.message })
  }

  #limit(hardMs: number, isTransient: (error: unknown) => boolean): void {
    if (this.#hasEnded) return
    const error = new HardTimeLimitError(hardMs)
    this.#after(hardMs, () =>
      this.#kill({ kind: 'failure', transient: isTransient(error), error: withoutTrace(error, this.#clock.now()) }),
    )
  }

  #stop(error: BackbeatError, graceMs: number, recordedInstead: Outcome): void {
    this.#run.abort(error)
    this.#after(graceMs, () => this.#kill(recordedInstead))
  }

  #kill(recordedInstead: Outcome): void {
    this.#recordedInstead ??= recordedInstead
    this.#run.kill()
  }

  async #watch(): Promise<AttemptEnd> {
    const outcome = await this.#run.outcome
    this.#hasEnded = true
    for (const timer of this.#timers) timer.cancel()
    if (outcome.kind === 'settled') return outcome
    if (this.#leaseLost) return { kind: 'lease_lost' }
    return { kind: 'outcome', outcome: this.#recordedInstead ?? outcome }
  }

  #after(ms: number, act: () => void): void {
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }
}

function withoutTrace(error: Error, now: number) {
  const { traceback: _, ...recorded } = recordError(error, now)
  return recorded
}
