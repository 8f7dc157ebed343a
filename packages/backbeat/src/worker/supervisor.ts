import type { Clock } from '../clock.ts'

/** A process that dies is started again after this many milliseconds, then after ever longer. */
const FIRST_RESTART_MS = 500
const MAX_RESTART_MS = 30_000
/** One that lived this long has shown that it can. */
const STEADY_MS = 60_000

/** A worker process, as its supervisor sees it. */
export interface SupervisedProcess {
  readonly pid: number | undefined
  /** Settles when it takes jobs, or cannot. */
  readonly ready: Promise<void>
  /** Whether an operator asked it to stop, so that no other is to take its place. */
  readonly hasRetired: boolean
  /** How it ended, in words. Never rejects. */
  readonly exited: Promise<string>
  /** Asks it to finish what runs, and to exit. */
  stop(): void
  /** Ends it at once. */
  kill(): void
}

/** Keeps a number of worker processes running. */
export class Supervisor {
  readonly #count: number
  readonly #launch: () => SupervisedProcess
  readonly #clock: Clock
  readonly #say: (message: string) => void
  readonly #running = new Set<SupervisedProcess>()
  readonly #kept: Promise<void>[] = []
  readonly #stopped = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  #isStopping = false

  constructor(options: {
    count: number
    /** Starts a process. */
    launch: () => SupervisedProcess
    clock: Clock
    /** Tells people what happens. */
    say: (message: string) => void
  }) {
    this.#count = options.count
    this.#launch = options.launch
    this.#clock = options.clock
    this.#say = options.say
  }

  /**
   * Resolves when every process takes jobs.
   *
   * @throws what keeps one of them from starting; none is left then
   */
  async start(): Promise<void> {
    const first = Array.from({ length: this.#count }, () => this.#add())
    try {
      await Promise.all(first.map(({ ready }) => ready))
    } catch (error) {
      this.#isStopping = true
      this.kill()
      await Promise.all(first.map(({ exited }) => exited))
      throw error
    }
    for (const process of first) this.#kept.push(this.#keep(process))
    void Promise.all(this.#kept).then(() => this.#ended.resolve())
  }

  /** Resolves when no process is left, because operators asked them all to stop. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Lets every process finish what runs; resolves when all have exited. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopped.resolve()
    for (const process of this.#running) process.stop()
    await Promise.all(this.#kept)
  }

  /** Ends every process at once; their jobs are taken back when their leases run out. */
  kill(): void {
    for (const process of this.#running) process.kill()
  }

  #add(): SupervisedProcess {
    const process = this.#launch()
    this.#running.add(process)
    // Met as its exit.
    process.ready.catch(() => undefined)
    process.exited.then(() => this.#running.delete(process))
    return process
  }

  async #keep(first: SupervisedProcess): Promise<void> {
    let restartMs = FIRST_RESTART_MS
    for (let process = first; ; process = this.#add()) {
      const startedAt = this.#clock.now()
      const how = await process.exited
      if (this.#isStopping || process.hasRetired) return
      if (this.#clock.now() - startedAt >= STEADY_MS) restartMs = FIRST_RESTART_MS
      this.#say(`Worker process ${process.pid} ended (${how}). Starting another in ${restartMs / 1000} s.`)
      await this.#pause(restartMs)
      if (this.#isStopping) return
      restartMs = Math.min(MAX_RESTART_MS, restartMs * 2)
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.setTimer(resolve, ms)
    await Promise.race([over, this.#stopped.promise])
    timer.cancel()
  }
}
