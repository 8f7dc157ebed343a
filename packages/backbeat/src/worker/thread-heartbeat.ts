import { Worker as Thread } from 'node:worker_threads'
import { BackbeatError } from '../errors.ts'
import type { Lease } from '../job/assignment.ts'
import { Outbox } from '../outbox.ts'
import type { WorkerIdentity, WorkerOrders, WorkerReport } from '../store/store.ts'
import { type BeatReport, type Heartbeat, type HeldLease, HeldLeases } from './heartbeat.ts'
import { LeaseBoard } from './lease-board.ts'

/** How long to wait before a heartbeat that could not be started is started again, in milliseconds. */
const RESTART_MS = 1000

const YOUNG_GENERATION_MB = 4

/** What the heartbeat's thread is started with. */
export interface HeartbeatThreadOptions {
  storeUrl: string
  /** The store's own; see `Store.shared`. */
  shared: SharedArrayBuffer | null
  leaseMs: number
  intervalMs: number
  /** Who reports that it lives. */
  worker: WorkerIdentity
  /** What it does at first. */
  status: WorkerStatus
}

/** And the memory in which it finds the leases; see {@link LeaseBoard}. */
export interface HeartbeatThreadData extends HeartbeatThreadOptions {
  sheets: SharedArrayBuffer[]
}

/** What only the worker itself knows of its state. */
export type WorkerStatus = Pick<WorkerReport, 'state' | 'slots'>

/** What the worker tells the heartbeat's thread. */
export type ToHeartbeat =
  /** There is more room for leases. */
  | { kind: 'sheet'; buffer: SharedArrayBuffer }
  | { kind: 'beat' }
  /** The worker's state has changed. */
  | { kind: 'status'; status: WorkerStatus }
  /** Operators may want something. */
  | { kind: 'look' }
  | { kind: 'pong' }
  | { kind: 'stop' }

/** What the heartbeat's thread tells the worker. */
export type FromHeartbeat =
  | { kind: 'ready' }
  | ({ kind: 'report' } & BeatReport)
  | { kind: 'failed'; message: string }
  /** What operators want of the worker, whether it is new or not. */
  | { kind: 'orders'; orders: WorkerOrders }
  /** Asks how busy the worker's event loop is. */
  | { kind: 'ping' }

/**
 * A heartbeat in a thread of its own, with its own connection to the store, so that nothing that
 * blocks the worker's event loop makes a healthy job look dead.
 */
export class ThreadHeartbeat implements Heartbeat {
  readonly #entry: URL
  #options: HeartbeatThreadOptions
  readonly #onOrders: (orders: WorkerOrders) => void
  readonly #onError: (error: unknown) => void
  readonly #leases = new HeldLeases((held) => this.#clear(held))
  readonly #outbox = new Outbox<ToHeartbeat>((messages) => this.#thread?.postMessage(messages))
  readonly #board = new LeaseBoard((buffer) => {
    this.#outbox.push({ kind: 'sheet', buffer })
    // Before any task may block this event loop.
    this.#outbox.flush()
  })
  #thread: Thread | undefined

  /**
   * @param entry the module that the thread runs; see `entry/heartbeat.ts`
   * @param onOrders told what operators want of the worker, again and again
   * @param onError told when a round of renewals fails, or the thread does; the next one tries again
   */
  constructor(
    entry: URL,
    options: HeartbeatThreadOptions,
    onOrders: (orders: WorkerOrders) => void,
    onError: (error: unknown) => void,
  ) {
    this.#entry = entry
    this.#options = options
    this.#onOrders = onOrders
    this.#onError = onError
  }

  async start(): Promise<void> {
    const workerData: HeartbeatThreadData = { ...this.#options, sheets: this.#board.buffers }
    const thread = new Thread(this.#entry, {
      workerData,
      name: 'backbeat heartbeat',
      // It keeps next to nothing; more room for what is young would only fill.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    this.#thread = thread
    let ready = false
    await new Promise<void>((resolve, reject) => {
      thread.on('message', (message: FromHeartbeat) => {
        if (message.kind === 'ready') {
          ready = true
          resolve()
        } else if (message.kind === 'report') this.#leases.tell(message)
        else if (message.kind === 'orders') this.#onOrders(message.orders)
        else if (message.kind === 'ping') thread.postMessage([{ kind: 'pong' } satisfies ToHeartbeat])
        else this.#onError(new BackbeatError('heartbeat_failed', message.message))
      })
      thread.on('error', (error) => {
        this.#onError(error)
        if (!ready) this.#thread = undefined
        reject(error)
      })
      thread.on('exit', () => {
        if (ready && this.#thread === thread) void this.#restart()
      })
    })
  }

  hold(leases: readonly HeldLease[]): void {
    this.#leases.add(leases)
    for (const held of leases) held.slot = this.#board.write(held.lease, held.until)
  }

  drop(lease: Lease): void {
    this.#leases.delete(lease)
  }

  held(): Lease[] {
    return this.#leases.all().map(({ lease }) => lease)
  }

  beat(): void {
    if (this.#leases.size > 0) this.#outbox.push({ kind: 'beat' })
  }

  /** Reports at once what the worker does now. */
  report(status: WorkerStatus): void {
    this.#options = { ...this.#options, status }
    this.#outbox.push({ kind: 'status', status })
  }

  /** Looks at once for what operators want. */
  look(): void {
    this.#outbox.push({ kind: 'look' })
  }

  async stop(): Promise<void> {
    const thread = this.#thread
    if (!thread) return
    const exited = new Promise((resolve) => thread.once('exit', resolve))
    this.#outbox.push({ kind: 'stop' })
    this.#outbox.flush()
    this.#thread = undefined
    await exited
  }

  #clear(held: HeldLease): void {
    if (held.slot === undefined) return
    this.#board.clear(held.slot)
    held.slot = undefined
  }

  /** A heartbeat that died is replaced; the new one finds every lease where the old one did. */
  async #restart(): Promise<void> {
    if (!this.#thread) return
    try {
      await this.start()
    } catch {
      setTimeout(() => void this.#restart(), RESTART_MS).unref()
    }
  }
}
