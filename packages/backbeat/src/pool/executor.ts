import type { Recorder } from '../attempt/recorder.ts'
import type { Clock, Timer } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import type { Assignment, Lease } from '../job/assignment.ts'
import type { Ending } from '../job/outcome.ts'
import { Outbox } from '../outbox.ts'
import { blame } from './blame.ts'
import { type Crash, leaseKey, type RecorderCall, type ToExecutor, type ToWorker } from './messages.ts'
import type { PoolRun } from './pool.ts'
import { toStopReason } from './stop-reason.ts'
import type { OpenTransport, Transport } from './transport.ts'

/** An application that takes longer to load hangs, in milliseconds. */
const LOAD_LIMIT_MS = 60_000

interface Inside {
  lease: Lease
  recorder: Recorder
  finish(outcome: Ending): void
}

/** What an executor tells its pool. */
export interface ExecutorListener {
  /** It died by itself. */
  died(reason: string, suspects: readonly Lease[]): void
}

/** A thread or process that runs attempts, as the worker sees it: serves what they ask for, and says what its death means to them. */
export class Executor {
  readonly #transport: Transport
  readonly #outbox: Outbox<ToExecutor>
  readonly #listener: ExecutorListener
  readonly #clock: Clock
  readonly #inside = new Map<string, Inside>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #started = Promise.withResolvers<void>()
  readonly #exited = Promise.withResolvers<void>()
  readonly #loadTimer: Timer
  #state: 'loading' | 'ready' | 'closing' | 'dead' = 'loading'
  #loadError: BackbeatError | undefined
  #crash: Crash | null = null
  #isReserved = false
  /** How many attempts it has been given so far. */
  attemptsTaken = 0
  /** As it said last; 0 where it does not say. */
  memoryBytes = 0

  constructor(open: OpenTransport, listener: ExecutorListener, clock: Clock) {
    this.#listener = listener
    this.#clock = clock
    // One that fails to load is met at the start, or by what it was to run.
    this.#ready.promise.catch(() => undefined)
    this.#loadTimer = clock.setTimer(() => {
      this.#loadError ??= new BackbeatError(
        'application_load_timeout',
        `An executor did not load the application within ${LOAD_LIMIT_MS} ms. Look for a resource that never opens.`,
      )
      this.#transport.kill()
    }, LOAD_LIMIT_MS)
    this.#transport = this.#open(open)
    this.#outbox = new Outbox((messages) => this.#transport.send(messages))
  }

  /** Settles when the application has been loaded, or could not be. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Whether it ended before it could run anything. */
  get failedToLoad(): boolean {
    return this.#loadError !== undefined
  }

  get isAlive(): boolean {
    return this.#state === 'loading' || this.#state === 'ready'
  }

  /** How many attempts are in it. */
  get size(): number {
    return this.#inside.size
  }

  /** Whether it is kept for the one attempt in it. */
  get isReserved(): boolean {
    return this.#isReserved
  }

  /** @param alone no other attempt may join it */
  run(assignment: Assignment, recorder: Recorder, alone: boolean): PoolRun & { outcome: Promise<Ending> } {
    const { jobId, delivery } = assignment
    const lease = { jobId, delivery }
    const { promise, resolve } = Promise.withResolvers<Ending>()
    this.#inside.set(leaseKey(lease), { lease, recorder, finish: resolve })
    this.#isReserved = alone
    this.attemptsTaken += 1
    this.#outbox.push({ kind: 'run', assignment })
    return {
      started: this.#started.promise,
      outcome: promise,
      abort: (reason) => this.#outbox.push({ kind: 'abort', lease, reason: toStopReason(reason) }),
      kill: () => {
        if (this.#inside.has(leaseKey(lease))) this.#kill('The executor was ended')
      },
    }
  }

  /** Lets it close its resources, then ends it; resolves when it is gone, or cannot be made to go. */
  async close(graceMs: number): Promise<void> {
    if (this.isAlive) {
      if (this.#inside.size > 0) this.#kill('The executor was ended')
      else this.#askToStop()
    }
    const { promise: graceOver, resolve } = Promise.withResolvers<void>()
    const kill = this.#clock.setTimer(() => this.#transport.kill(), graceMs)
    const giveUp = this.#clock.setTimer(resolve, 2 * graceMs)
    await Promise.race([this.#exited.promise, graceOver])
    kill.cancel()
    giveUp.cancel()
  }

  #open(open: OpenTransport): Transport {
    try {
      return open({
        received: (messages) => {
          for (const message of messages) this.#receive(message)
        },
        exited: (reason) => this.#onExit(reason),
      })
    } catch (error) {
      queueMicrotask(() => this.#onExit(`It could not be started: ${(error as Error).message}`))
      return { send: () => {}, kill: () => {} }
    }
  }

  #askToStop(): void {
    this.#state = 'closing'
    this.#outbox.push({ kind: 'stop' })
    this.#outbox.flush()
  }

  /** The slots are free at once: native code may keep a thread from ending for as long as it likes. */
  #kill(reason: string): void {
    this.#state = 'dead'
    this.#transport.kill()
    for (const lease of this.#leases()) this.#finish(lease, { kind: 'released', reason })
  }

  #onExit(reason: string): void {
    const wasAlive = this.isAlive
    const wasReady = this.#state !== 'loading'
    this.#state = 'dead'
    this.#loadTimer.cancel()
    if (!wasReady) {
      const cause = this.#crash?.error?.message ?? reason
      const message = `An executor ended while it loaded the application: ${cause}`
      this.#loadError ??= new BackbeatError('executor_failed', message)
    }
    this.#ready.reject(this.#loadError ?? new BackbeatError('executor_failed', reason))
    if (wasAlive) this.#settleDeath(this.#loadError?.message ?? reason, wasReady)
    this.#exited.resolve()
  }

  #settleDeath(reason: string, wasReady: boolean): void {
    const verdicts = blame({ reason, wasReady, crash: this.#crash }, this.#leases())
    const suspects = verdicts.filter(({ suspect }) => suspect).map(({ lease }) => lease)
    this.#listener.died(this.#crash?.error?.message ?? reason, suspects)
    for (const { lease, outcome } of verdicts) this.#finish(lease, outcome)
  }

  #leases(): Lease[] {
    return [...this.#inside.values()].map(({ lease }) => lease)
  }

  #finish(lease: Lease, outcome: Ending): void {
    const inside = this.#inside.get(leaseKey(lease))
    if (!inside) return
    this.#inside.delete(leaseKey(lease))
    if (this.#inside.size === 0) this.#isReserved = false
    inside.finish(outcome)
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case 'ready':
        if (this.#state === 'loading') this.#state = 'ready'
        this.#loadTimer.cancel()
        this.#ready.resolve()
        this.#started.resolve()
        break
      case 'load_failed':
        this.#loadError = new BackbeatError(message.error.code, message.error.message)
        this.#loadError.stack = message.error.stack
        break
      case 'crashed':
        this.#crash = message.crash
        break
      case 'memory':
        this.memoryBytes = message.bytes
        break
      case 'outcome':
        this.#finish(message.lease, message.outcome)
        break
      default: {
        const inside = this.#inside.get(leaseKey(message.lease))
        if (inside) void this.#serve(inside.recorder, message)
      }
    }
  }

  async #serve(recorder: Recorder, message: RecorderCall): Promise<void> {
    if (message.kind === 'report') return recorder.report(message.report)
    const { lease, call } = message
    try {
      if (message.kind === 'find_settled_items') {
        const answer = await recorder.settledItems(message.keys)
        this.#outbox.push({ kind: 'settled_items', lease, call, answer })
      } else {
        await recorder.recordItems(message.batch)
        this.#outbox.push({ kind: 'items_recorded', lease, call })
      }
    } catch (error) {
      const { message, code = 'store_failed' } = error as Error & { code?: string }
      this.#outbox.push({ kind: 'call_failed', lease, call, error: { code, message } })
    }
  }
}
