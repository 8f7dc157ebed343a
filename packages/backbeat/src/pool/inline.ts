import type { Recorder } from '../attempt/recorder.ts'
import { type ExecutorEnvironment, runAttempt } from '../attempt/run-attempt.ts'
import type { BackbeatError } from '../errors.ts'
import { ShutdownError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending } from '../job/outcome.ts'
import type { Pool, PoolRun } from './pool.ts'

const STARTED = Promise.resolve()

/**
 * Runs tasks in the worker's own thread: the cheapest pool, for tests and for code that is known
 * to be quick. Killing an attempt frees its slot, but cannot end a busy loop.
 */
export class InlinePool<Environment extends ExecutorEnvironment = ExecutorEnvironment> implements Pool {
  readonly canKill = false
  readonly #open: () => Promise<Environment>
  readonly #close: (environment: Environment) => Promise<void>
  readonly #runs = new Set<PoolRun>()
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

  run(assignment: Assignment, recorder: Recorder): PoolRun {
    if (!this.#environment) throw new Error('The pool has not been started')
    const controller = new AbortController()
    const { promise: killed, resolve: release } = Promise.withResolvers<Ending>()
    const attempt = runAttempt(assignment, controller, recorder, this.#environment)
    const run: PoolRun = {
      started: STARTED,
      outcome: Promise.race([attempt, killed]).finally(() => this.#runs.delete(run)),
      abort: (reason: BackbeatError) => controller.abort(reason),
      kill: () => {
        controller.abort(new ShutdownError())
        release({ kind: 'released', reason: 'The attempt was abandoned' })
      },
    }
    this.#runs.add(run)
    return run
  }

  async stop(): Promise<void> {
    for (const run of this.#runs) run.kill()
    await Promise.all([...this.#runs].map(({ outcome }) => outcome))
    const environment = this.#environment
    this.#environment = undefined
    if (environment) await this.#close(environment)
  }
}
