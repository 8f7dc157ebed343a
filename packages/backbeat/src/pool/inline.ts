import { AttemptAbort } from '../attempt/attempt-abort.ts'
import type { Recorder } from '../attempt/recorder.ts'
import { type ExecutorEnvironment, runAttempt } from '../attempt/run-attempt.ts'
import type { BackbeatError } from '../errors.ts'
import { ShutdownError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending } from '../job/outcome.ts'
import type { Pool, PoolRun, RunListener } from './pool.ts'

const STARTED = Promise.resolve()

/**
 * Runs tasks in the worker's own thread: the cheapest pool, for tests and for code that is known
 * to be quick. Killing an attempt frees its slot, but cannot end a busy loop.
 */
export class InlinePool<Environment extends ExecutorEnvironment = ExecutorEnvironment> implements Pool {
  readonly canKill = false
  readonly #open: () => Promise<Environment>
  readonly #close: (environment: Environment) => Promise<void>
  readonly #runs = new Set<InlineRun>()
  #environment: Environment | undefined

  /**
   * @param open loads the tasks and opens the resources; called once, at the start
   * @param close closes what was opened; absent where the caller does it
   */
  constructor(open: () => Promise<Environment>, close: (environment: Environment) => Promise<void> = async () => {}) {
    this.#open = open
    this.#close = close
  }

  async start(): Promise<void> {
    this.#environment ??= await this.#open()
  }

  run(assignment: Assignment, recorder: Recorder, listener: RunListener): PoolRun {
    if (!this.#environment) throw new Error('The pool has not been started')
    const run = new InlineRun(this.#runs, listener)
    run.start(assignment, recorder, this.#environment)
    return run
  }

  async stop(): Promise<void> {
    for (const run of this.#runs) run.kill()
    const environment = this.#environment
    this.#environment = undefined
    if (environment) await this.#close(environment)
  }
}

class InlineRun implements PoolRun {
  readonly started = STARTED
  readonly #abort = new AttemptAbort()
  readonly #runs: Set<InlineRun>
  readonly #listener: RunListener

  /** @param runs has it while it runs */
  constructor(runs: Set<InlineRun>, listener: RunListener) {
    this.#runs = runs
    this.#listener = listener
  }

  start(assignment: Assignment, recorder: Recorder, environment: ExecutorEnvironment): void {
    this.#runs.add(this)
    void runAttempt(assignment, this.#abort, recorder, environment).then((ending) => this.#end(ending))
  }

  abort(reason: BackbeatError): void {
    this.#abort.abort(reason)
  }

  kill(): void {
    this.#abort.abort(new ShutdownError())
    this.#end({ kind: 'released', reason: 'The attempt was abandoned' })
  }

  /** Once: an attempt that was abandoned may still come to its own end. */
  #end(ending: Ending): void {
    if (this.#runs.delete(this)) this.#listener.ended(ending)
  }
}
