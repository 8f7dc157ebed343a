import { Worker as Thread } from 'node:worker_threads'
import type { Recorder } from '../attempt/recorder.ts'
import type { Clock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Outcome } from '../job/outcome.ts'
import { recordError } from '../job/recorded-error.ts'
import type { ToExecutor, ToWorker } from './messages.ts'
import type { PoolRun } from './pool.ts'
import { toStopReason } from './stop-reason.ts'

interface CurrentRun {
  recorder: Recorder
  finish(outcome: Outcome): void
}

/** One thread, as the worker sees it: takes one attempt at a time and serves what it asks for. */
export class ExecutorThread {
  readonly #thread: Thread
  #current: CurrentRun | undefined
  #alive = true
  /** Settles when the application has been loaded in the thread, or could not be. */
  readonly ready: Promise<void>
  readonly exited: Promise<void>

  constructor(entry: URL, module: string) {
    this.#thread = new Thread(entry, { workerData: { module }, name: 'backbeat executor' })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    // A thread that fails to load is met at the start, or as the outcome of what it was to run.
    promise.catch(() => undefined)
    this.#thread.on('message', (message: ToWorker) => {
      if (message.kind === 'ready') resolve()
      else if (message.kind === 'load_failed') this.#end(reject, new LoadError(message.error))
      else void this.#serve(message)
    })
    this.#thread.on('error', (error) => this.#end(reject, error))
    this.exited = new Promise((exit) => {
      this.#thread.on('exit', (code) => {
        this.#end(reject, new ExecutorExit(code))
        exit()
      })
    })
  }

  get isAlive(): boolean {
    return this.#alive
  }

  run(assignment: Assignment, recorder: Recorder): PoolRun {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#current = {
      recorder,
      finish: (outcome) => {
        this.#current = undefined
        resolve(outcome)
      },
    }
    const { jobId, delivery } = assignment
    this.#send({ kind: 'run', assignment: { ...assignment, jobId, delivery } })
    return {
      outcome: promise,
      abort: (reason) => this.#send({ kind: 'abort', reason: toStopReason(reason) }),
      kill: () => this.#kill(),
    }
  }

  /** Lets the thread close its resources, then ends it. */
  async close(graceMs: number, clock: Clock): Promise<void> {
    if (this.#current) return this.#kill()
    this.#alive = false
    this.#send({ kind: 'stop' })
    const timer = clock.setTimer(() => void this.#thread.terminate(), graceMs)
    await this.exited
    timer.cancel()
  }

  /** The slot is free at once: native code may keep a thread from ending for as long as it likes. */
  #kill(): void {
    this.#alive = false
    void this.#thread.terminate()
    this.#current?.finish({ kind: 'released', reason: 'The executor was ended' })
  }

  #end(reject: (error: unknown) => void, error: unknown): void {
    this.#alive = false
    reject(error)
    this.#current?.finish(outcomeOfDeath(error))
    void this.#thread.terminate()
  }

  async #serve(message: Exclude<ToWorker, { kind: 'ready' | 'load_failed' }>): Promise<void> {
    const current = this.#current
    if (!current) return
    switch (message.kind) {
      case 'outcome':
        return current.finish(message.outcome)
      case 'report':
        return current.recorder.report(message.report)
      case 'find_settled_items':
        return this.#answer(message.call, async () => ({
          kind: 'settled_items',
          call: message.call,
          answer: await current.recorder.settledItems(message.keys),
        }))
      case 'record_items':
        return this.#answer(message.call, async () => {
          await current.recorder.recordItems(message.batch)
          return { kind: 'items_recorded', call: message.call }
        })
    }
  }

  async #answer(call: number, work: () => Promise<ToExecutor>): Promise<void> {
    try {
      this.#send(await work())
    } catch (error) {
      const { message, code = 'store_failed' } = error as Error & { code?: string }
      this.#send({ kind: 'call_failed', call, error: { code, message } })
    }
  }

  #send(message: ToExecutor): void {
    this.#thread.postMessage(message)
  }
}

class ExecutorExit extends Error {
  constructor(code: number) {
    super(`The executor exited with code ${code}`)
  }
}

class LoadError extends BackbeatError {
  constructor({ code, message, stack }: { code: string; message: string; stack: string }) {
    super(code, message)
    this.stack = stack
  }
}

/**
 * An error that nobody caught belongs to the only attempt in the thread. A thread that vanished,
 * ran out of memory or could not load says little about the task, so the job is handed out again.
 */
function outcomeOfDeath(error: unknown): Outcome {
  const { code, message } = error as { code?: unknown; message?: string }
  if (error instanceof ExecutorExit) return { kind: 'lost', reason: error.message }
  if (error instanceof LoadError) return { kind: 'lost', reason: error.message }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return { kind: 'lost', reason: `The executor ran out of memory (${message})` }
  return { kind: 'failure', transient: false, error: recordError(error, Date.now()) }
}
