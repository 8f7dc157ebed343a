import type { Clock, Timer } from '../clock.ts'
import type { Lease } from '../job/assignment.ts'
import type { HeartbeatRecords } from '../store/store.ts'
import type { Slot } from './lease-board.ts'

/** A lease to be kept alive, and what its holder wants to be told. */
export interface HeldLease {
  readonly lease: Lease
  /** It is not renewed past this time, in milliseconds since 1970; `null` for as long as it is held. */
  readonly until: number | null
  /** Where the heartbeat has put it down, if it has. */
  slot?: Slot | undefined
  /** Someone wants the job cancelled. Called once. */
  cancelRequested(reason: string): void
  /** The lease is no longer ours. Called once. */
  leaseLost(): void
}

/** Keeps leases alive while their jobs run, and carries cancellations back. */
export interface Heartbeat {
  start(): Promise<void>
  /** Renews the leases until each is dropped. */
  hold(leases: readonly HeldLease[]): void
  drop(lease: Lease): void
  /** The leases that are held now. */
  held(): Lease[]
  /** Renews at once; for when a cancellation may be waiting. */
  beat(): void
  stop(): Promise<void>
}

/** What one round of renewals found. */
export interface BeatReport {
  lost: Lease[]
  cancelled: (Lease & { reason: string })[]
}

/** Leases by job, and whom to tell about them. */
export class HeldLeases implements LeaseSource {
  readonly #held = new Map<string, HeldLease>()
  readonly #cancelTold = new WeakSet<HeldLease>()
  readonly #onRelease: (held: HeldLease) => void

  /** @param onRelease called with each lease that is held no longer, whatever has become of it */
  constructor(onRelease: (held: HeldLease) => void = () => {}) {
    this.#onRelease = onRelease
  }

  /** A job has one lease: with another of it, the one before is lost. */
  add(leases: readonly HeldLease[]): void {
    for (const held of leases) {
      const before = this.#held.get(held.lease.jobId)
      if (before) this.delete(before.lease)?.leaseLost()
      this.#held.set(held.lease.jobId, held)
    }
  }

  /** Returns what was held under the lease. */
  delete(lease: Lease): HeldLease | undefined {
    const held = this.#find(lease)
    if (!held) return undefined
    this.#held.delete(lease.jobId)
    this.#onRelease(held)
    return held
  }

  get size(): number {
    return this.#held.size
  }

  all(): HeldLease[] {
    return [...this.#held.values()]
  }

  due(now: number): Lease[] {
    return this.all()
      .filter(({ until }) => until === null || now < until)
      .map(({ lease }) => lease)
  }

  tell({ lost, cancelled }: BeatReport): void {
    for (const lease of lost) this.delete(lease)?.leaseLost()
    for (const { reason, ...lease } of cancelled) {
      const held = this.#find(lease)
      if (!held || this.#cancelTold.has(held)) continue
      this.#cancelTold.add(held)
      held.cancelRequested(reason)
    }
  }

  #find({ jobId, delivery }: Lease): HeldLease | undefined {
    const held = this.#held.get(jobId)
    return held?.lease.delivery === delivery ? held : undefined
  }
}

/** Where {@link BeatLoop} finds what to renew. */
export interface LeaseSource {
  /** Those to be renewed: an attempt that is long past its end is left to be rescued, whatever holds it up. */
  due(now: number): Lease[]
  tell(report: BeatReport): void
}

/** Renews leases again and again. */
export class BeatLoop {
  readonly #options: BeatLoopOptions
  #timer: Timer | undefined
  #beating = false

  constructor(options: BeatLoopOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, intervalMs } = this.#options
    this.#timer = clock.setTimer(() => {
      this.start()
      this.beat()
    }, intervalMs)
  }

  /** Renews at once. */
  beat(): void {
    void this.#renew()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #renew(): Promise<void> {
    const { store, clock, leaseMs, source, onError } = this.#options
    if (this.#beating) return
    const leases = source.due(clock.now())
    if (leases.length === 0) return
    this.#beating = true
    try {
      source.tell(await store.renew(leases, leaseMs))
    } catch (error) {
      onError(error)
    } finally {
      this.#beating = false
    }
  }
}

export interface BeatLoopOptions {
  store: Pick<HeartbeatRecords, 'renew'>
  clock: Clock
  leaseMs: number
  intervalMs: number
  source: LeaseSource
  /** Told when a round of renewals fails; the next one tries again. */
  onError(error: unknown): void
}

/** A heartbeat on the worker's own event loop: for pools that leave that loop free, and for tests. */
export class LoopHeartbeat implements Heartbeat {
  readonly #leases = new HeldLeases()
  readonly #loop: BeatLoop

  constructor(options: Omit<BeatLoopOptions, 'source'>) {
    this.#loop = new BeatLoop({ ...options, source: this.#leases })
  }

  async start(): Promise<void> {
    this.#loop.start()
  }

  hold(leases: readonly HeldLease[]): void {
    this.#leases.add(leases)
  }

  drop(lease: Lease): void {
    this.#leases.delete(lease)
  }

  held(): Lease[] {
    return this.#leases.all().map(({ lease }) => lease)
  }

  beat(): void {
    this.#loop.beat()
  }

  async stop(): Promise<void> {
    this.#loop.stop()
  }
}
