import type { Clock, Timer } from '../clock.ts'
import type { Lease } from '../job/assignment.ts'
import type { Store } from '../store/store.ts'

/** What a holder of a lease wants to be told. */
export interface LeaseHolder {
  /** Someone wants the job cancelled. Called once. */
  cancelRequested(reason: string): void
  /** The lease is no longer ours. Called once. */
  leaseLost(): void
}

/** A lease to be kept alive. */
export interface HeldLease {
  lease: Lease
  /** It is not renewed past this time, in milliseconds since 1970; `null` for as long as it is held. */
  until: number | null
  holder: LeaseHolder
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
export class HeldLeases {
  readonly #held = new Map<string, { held: HeldLease; cancelTold: boolean }>()

  add(leases: readonly HeldLease[]): void {
    for (const held of leases) this.#held.set(held.lease.jobId, { held, cancelTold: false })
  }

  delete(lease: Lease): void {
    if (this.#find(lease)) this.#held.delete(lease.jobId)
  }

  all(): Lease[] {
    return this.entries().map(({ lease }) => lease)
  }

  entries(): HeldLease[] {
    return [...this.#held.values()].map(({ held }) => held)
  }

  /** Those to be renewed: an attempt that is long past its end is left to be rescued, whatever holds it up. */
  due(now: number): Lease[] {
    return this.entries()
      .filter(({ until }) => until === null || now < until)
      .map(({ lease }) => lease)
  }

  tell({ lost, cancelled }: BeatReport): void {
    for (const lease of lost) {
      const entry = this.#find(lease)
      this.delete(lease)
      entry?.held.holder.leaseLost()
    }
    for (const { reason, ...lease } of cancelled) {
      const entry = this.#find(lease)
      if (!entry || entry.cancelTold) continue
      entry.cancelTold = true
      entry.held.holder.cancelRequested(reason)
    }
  }

  #find({ jobId, delivery }: Lease) {
    const entry = this.#held.get(jobId)
    return entry?.held.lease.delivery === delivery ? entry : undefined
  }
}

/** A heartbeat on the worker's own event loop: for pools that leave that loop free, and for tests. */
export class LoopHeartbeat implements Heartbeat {
  readonly #store: Store
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #intervalMs: number
  readonly #leases = new HeldLeases()
  readonly #onError: (error: unknown) => void
  #timer: Timer | undefined
  #beating = false

  /** @param onError told when a round of renewals fails; the next one tries again */
  constructor(options: {
    store: Store
    clock: Clock
    leaseMs: number
    intervalMs: number
    onError: (error: unknown) => void
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#leaseMs = options.leaseMs
    this.#intervalMs = options.intervalMs
    this.#onError = options.onError
  }

  async start(): Promise<void> {
    this.#schedule()
  }

  hold(leases: readonly HeldLease[]): void {
    this.#leases.add(leases)
  }

  drop(lease: Lease): void {
    this.#leases.delete(lease)
  }

  held(): Lease[] {
    return this.#leases.all()
  }

  beat(): void {
    void this.#renew()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#schedule()
      void this.#renew()
    }, this.#intervalMs)
  }

  async #renew(): Promise<void> {
    const leases = this.#leases.due(this.#clock.now())
    if (this.#beating || leases.length === 0) return
    this.#beating = true
    try {
      this.#leases.tell(await this.#store.renew(leases, this.#leaseMs))
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#beating = false
    }
  }
}
