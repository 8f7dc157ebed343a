import type { Logger } from 'pino'
import type { Recorder } from '../attempt/recorder.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Ending } from '../job/outcome.ts'
import { Executor } from './executor.ts'
import type { Pool, PoolRun, RunListener } from './pool.ts'
import { Suspects } from './suspects.ts'
import type { OpenTransport } from './transport.ts'

/** How long an idle executor is given to close its resources before it is ended. */
const CLOSE_GRACE_MS = 2000

/** A job whose executor could not load keeps its slot for this long, then for ever longer, so that it is not tried in a loop. */
const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000

export interface ExecutorPoolOptions {
  /** How many attempts an executor runs at the same time. */
  jobsPerExecutor: number
  /** An executor is replaced after so many attempts; `null` for never. */
  recycleJobs: number | null
  /** An executor is replaced when it uses more memory after an attempt; `null` for never. */
  recycleBytes: number | null
  logger: Logger
}

/**
 * Runs attempts in threads or processes, which are started when they are needed and used again. A
 * busy loop, a crash or a hard time limit harms no other executor.
 */
export class ExecutorPool implements Pool {
  readonly canKill = true
  readonly #open: OpenTransport
  readonly #options: ExecutorPoolOptions
  readonly #clock: Clock = systemClock
  readonly #executors = new Set<Executor>()
  readonly #closing = new Set<Promise<void>>()
  readonly #suspects = new Suspects()
  #pauseMs = FIRST_PAUSE_MS

  constructor(open: OpenTransport, options: ExecutorPoolOptions) {
    this.#open = open
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#add().ready
  }

  run(assignment: Assignment, recorder: Recorder, listener: RunListener): PoolRun {
    const { jobId, redeliveries } = assignment
    const alone = this.#options.jobsPerExecutor === 1 || redeliveries > 0 || this.#suspects.has(jobId)
    const executor = this.#choose(alone)
    const run = executor.run(assignment, recorder, alone)
    const { promise: killed, resolve: stopWaiting } = Promise.withResolvers<void>()
    void this.#afterwards(executor, assignment, alone, run.outcome, killed).then((ending) => listener.ended(ending))
    return {
      started: run.started,
      abort: run.abort,
      kill: () => {
        run.kill()
        stopWaiting()
      },
    }
  }

  async stop(): Promise<void> {
    for (const executor of this.#executors) this.#close(executor)
    await Promise.all(this.#closing)
  }

  /** The one with the fewest attempts that has room, or a new one. */
  #choose(alone: boolean): Executor {
    let chosen: Executor | undefined
    for (const executor of this.#executors) {
      const hasRoom = alone ? executor.size === 0 : executor.size < this.#options.jobsPerExecutor
      if (!hasRoom || !executor.isAlive || executor.isReserved || this.#isSpent(executor)) continue
      if (!chosen || executor.size < chosen.size) chosen = executor
      if (chosen.size === 0) break
    }
    return chosen ?? this.#add()
  }

  #add(): Executor {
    const executor = new Executor(
      this.#open,
      {
        died: (reason, suspects) => {
          this.#executors.delete(executor)
          for (const { jobId } of suspects) this.#suspects.add(jobId)
          this.#options.logger.warn({ reason, suspects: suspects.length }, 'An executor ended and is replaced')
        },
      },
      this.#clock,
    )
    this.#executors.add(executor)
    return executor
  }

  async #afterwards(
    executor: Executor,
    { jobId }: Assignment,
    alone: boolean,
    ending: Promise<Ending>,
    killed: Promise<void>,
  ): Promise<Ending> {
    const outcome = await ending
    if (alone && outcome.kind !== 'released') this.#suspects.clear(jobId)
    if (executor.failedToLoad) await this.#pause(killed)
    else this.#pauseMs = FIRST_PAUSE_MS
    if (!executor.isAlive || (executor.size === 0 && this.#isSpent(executor))) this.#close(executor)
    return outcome
  }

  #isSpent({ attemptsTaken, memoryBytes }: Executor): boolean {
    const { recycleJobs, recycleBytes } = this.#options
    return (
      (recycleJobs !== null && attemptsTaken >= recycleJobs) || (recycleBytes !== null && memoryBytes > recycleBytes)
    )
  }

  #close(executor: Executor): void {
    if (!this.#executors.delete(executor)) return
    const closing = executor.close(CLOSE_GRACE_MS).finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  async #pause(killed: Promise<void>): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const pauseMs = this.#pauseMs
    const timer = this.#clock.setTimer(resolve, pauseMs)
    await Promise.race([over, killed])
    timer.cancel()
    // Afterwards, so that those that wait together make it longer once.
    this.#pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)
  }
}
