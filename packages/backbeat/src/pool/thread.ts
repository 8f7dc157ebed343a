import type { Recorder } from '../attempt/recorder.ts'
import { systemClock } from '../clock.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Outcome } from '../job/outcome.ts'
import { ExecutorThread } from './executor-thread.ts'
import type { Pool, PoolRun } from './pool.ts'

/** How long an idle thread is given to close its resources before it is ended. */
const CLOSE_GRACE_MS = 2000

/**
 * Runs each attempt in a thread that it has to itself, so that a busy loop, a crash or a hard
 * time limit harms no other. Threads are started when they are needed and used again.
 */
export class ThreadPool implements Pool {
  readonly canKill = true
  readonly #entry: URL
  readonly #module: string
  readonly #threads = new Set<ExecutorThread>()
  readonly #idle: ExecutorThread[] = []

  /**
   * @param entry the module that a thread runs; see `entry/executor.ts`
   * @param module the application's module, which the thread loads to find tasks and resources
   */
  constructor(entry: URL, module: string) {
    this.#entry = entry
    this.#module = module
  }

  async start(): Promise<void> {
    const thread = this.#open()
    await thread.ready
    this.#idle.push(thread)
  }

  run(assignment: Assignment, recorder: Recorder): PoolRun {
    const thread = this.#idle.pop() ?? this.#open()
    const run = thread.run(assignment, recorder)
    return { ...run, outcome: this.#takeBack(thread, run.outcome) }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.close(CLOSE_GRACE_MS, systemClock)))
    this.#threads.clear()
    this.#idle.length = 0
  }

  #open(): ExecutorThread {
    const thread = new ExecutorThread(this.#entry, this.#module)
    this.#threads.add(thread)
    thread.exited.then(() => this.#forget(thread))
    return thread
  }

  async #takeBack(thread: ExecutorThread, outcome: Promise<Outcome>): Promise<Outcome> {
    const ended = await outcome
    if (thread.isAlive) this.#idle.push(thread)
    else this.#forget(thread)
    return ended
  }

  #forget(thread: ExecutorThread): void {
    this.#threads.delete(thread)
    const index = this.#idle.indexOf(thread)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}
