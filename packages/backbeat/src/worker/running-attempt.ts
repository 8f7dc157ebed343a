import type { Recorder } from '../attempt/recorder.ts'
import type { Clock, Timer } from '../clock.ts'
import { type BackbeatError, HardTimeLimitError, JobCancelledError, LeaseLostError, ShutdownError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending, Outcome } from '../job/outcome.ts'
import { recordError } from '../job/recorded-error.ts'
import type { Pool, PoolRun, RunListener } from '../pool/pool.ts'
import type { AnyTask } from '../task/define.ts'

/** How long a task that was asked to stop may take before its executor is ended, in milliseconds. */
export interface StopGrace {
  cancelMs: number
  shutdownMs: number
}

/** What every attempt of a worker is supervised with. */
export interface Supervision {
  clock: Clock
  grace: StopGrace
}

/** What the end of an attempt means to its worker. */
export type AttemptEnd =
  | { kind: 'outcome'; outcome: Outcome }
  /** It is recorded already, with its effects. */
  | Extract<Ending, { kind: 'settled' }>
  | { kind: 'lease_lost' }

/** Who waits for an attempt's end. */
export interface AttemptListener {
  attemptEnded(end: AttemptEnd): void
}

/**
 * An attempt under supervision: it ends by itself, at its hard limit, or some time after it was
 * asked to stop. Whoever kills it says what is recorded.
 */
export class RunningAttempt implements RunListener {
  readonly #task: AnyTask | undefined
  readonly #supervision: Supervision
  readonly #listener: AttemptListener
  #run: PoolRun | undefined
  /** Hardly any attempt needs one. */
  #timers: Set<Timer> | undefined
  #recordedInstead: Outcome | undefined
  #leaseLost = false
  #hasEnded = false

  /** @param task says its hard limit, and what that means; `undefined` where it is not known here */
  constructor(task: AnyTask | undefined, supervision: Supervision, listener: AttemptListener) {
    this.#task = task
    this.#supervision = supervision
    this.#listener = listener
  }

  begin(pool: Pool, assignment: Assignment, recorder: Recorder): void {
    this.#run = pool.run(assignment, recorder, this)
    const hardMs = this.#task?.limits.hardMs ?? null
    if (hardMs !== null) void this.#run.started.then(() => this.#limit(hardMs))
  }

  /** Told by the pool. */
  ended(ending: Ending): void {
    this.#hasEnded = true
    if (this.#timers) for (const timer of this.#timers) timer.cancel()
    this.#listener.attemptEnded(this.#endOf(ending))
  }

  cancel(reason: string): void {
    this.#stop(new JobCancelledError(reason), this.#supervision.grace.cancelMs, { kind: 'cancelled', reason })
  }

  release(): void {
    const error = new ShutdownError()
    this.#stop(error, this.#supervision.grace.shutdownMs, { kind: 'released', reason: error.message })
  }

  /** Nothing more will be recorded; the slot is to be had back soon. */
  abandon(): void {
    this.#leaseLost = true
    const error = new LeaseLostError()
    this.#stop(error, this.#supervision.grace.cancelMs, { kind: 'released', reason: error.message })
  }

  #limit(hardMs: number): void {
    if (this.#hasEnded) return
    const error = new HardTimeLimitError(hardMs)
    this.#after(hardMs, () =>
      this.#kill({
        kind: 'failure',
        transient: this.#task?.retry.isTransient(error) ?? false,
        error: withoutTrace(error, this.#supervision.clock.now()),
      }),
    )
  }

  #stop(error: BackbeatError, graceMs: number, recordedInstead: Outcome): void {
    if (this.#hasEnded) return
    this.#run?.abort(error)
    this.#after(graceMs, () => this.#kill(recordedInstead))
  }

  #kill(recordedInstead: Outcome): void {
    this.#recordedInstead ??= recordedInstead
    this.#run?.kill()
  }

  #endOf(ending: Ending): AttemptEnd {
    if (ending.kind === 'settled') return ending
    if (this.#leaseLost) return { kind: 'lease_lost' }
    return { kind: 'outcome', outcome: this.#recordedInstead ?? ending }
  }

  #after(ms: number, act: () => void): void {
    this.#timers ??= new Set()
    const timers = this.#timers
    const timer = this.#supervision.clock.setTimer(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
  }
}

function withoutTrace(error: Error, now: number) {
  const { traceback: _, ...recorded } = recordError(error, now)
  return recorded
}
