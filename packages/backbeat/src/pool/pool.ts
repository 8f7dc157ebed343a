import type { Recorder } from '../attempt/recorder.ts'
import type { BackbeatError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Outcome } from '../job/outcome.ts'

/** One attempt in an executor. */
export interface PoolRun {
  /**
   * How the attempt ended. Never rejects: an executor that dies gives `lost`, and one that was
   * killed for this run or for a neighbour gives `released`.
   */
  readonly outcome: Promise<Outcome>
  /** Aborts the attempt's signal; the task may go on to finish what it has. */
  abort(reason: BackbeatError): void
  /** Ends the executor, whatever it does; where the pool cannot, the attempt is left alone. */
  kill(): void
}

/** How a worker isolates the code that it runs. */
export interface Pool {
  /** Whether {@link PoolRun.kill} ends even a busy loop. */
  readonly canKill: boolean
  /** Loads the application once, so that an application that cannot load is refused at the start. */
  start(): Promise<void>
  run(assignment: Assignment, recorder: Recorder): PoolRun
  /** Ends every executor. Attempts that still run are released. */
  stop(): Promise<void>
}
