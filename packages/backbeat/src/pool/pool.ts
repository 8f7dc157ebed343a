import type { Recorder } from '../attempt/recorder.ts'
import type { BackbeatError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending } from '../job/outcome.ts'

/** One attempt in an executor. */
export interface PoolRun {
  /**
   * Resolves when the attempt begins, from where its time limits count: an executor may have to
   * load the application first. Never resolves where the attempt ends before that.
   */
  readonly started: Promise<void>
  /** Aborts the attempt's signal; the task may go on to finish what it has. */
  abort(reason: BackbeatError): void
  /** Ends the executor, whatever it does; where the pool cannot, the attempt is left alone. */
  kill(): void
}

/** Who waits for an attempt. */
export interface RunListener {
  /**
   * How it ended; told once, and never before the attempt was given back to whoever asked for it. An executor
   * that dies of this attempt gives `failure` or `lost`, and one that is killed, or dies of another attempt,
   * gives `released`. Not a promise: of what a job with little to do costs, promises were a good part.
   */
  ended(ending: Ending): void
}

/** How a worker isolates the code that it runs. */
export interface Pool {
  /** Whether {@link PoolRun.kill} ends even a busy loop. */
  readonly canKill: boolean
  /** Loads the application once, so that an application that cannot load is refused at the start. */
  start(): Promise<void>
  run(assignment: Assignment, recorder: Recorder, listener: RunListener): PoolRun
  /** Ends every executor and closes its resources. Attempts that still run are released. */
  stop(): Promise<void>
}
