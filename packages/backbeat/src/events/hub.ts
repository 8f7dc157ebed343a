import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { BackbeatError } from '../errors.ts'
import type { JobChanges, JobRecords, Store } from '../store/store.ts'
import { WakeSignal } from '../wake-signal.ts'
import { Audience } from './audience.ts'
import type { EventFilter } from './event-filter.ts'
import { Listener } from './listener.ts'

/** How often the journal is read without a signal from the store, in milliseconds. */
const POLL_MS = 2000
/** A fifth of the time at most goes into reading while there is always something to read. */
const PAUSE_FACTOR = 4
const MAX_PAUSE_MS = 250
/** How much is read at once. Between two parts others get a turn. */
const ENTRIES_AT_ONCE = 200
const JOBS_AT_ONCE = 500
/** So many who come back from different positions are served in one round; the others in the next. */
const RETURNING_AT_ONCE = 20
const MAX_PENDING = 5000

type EventStore = Pick<Store, 'changePosition' | 'changesAfter' | 'subscribe'> & Pick<JobRecords, 'summaries'>

export interface EventHubOptions {
  /** How many events are kept for a listener that does not take them. Default: 5000 */
  maxPending?: number
}

/**
 * Tells listeners which jobs changed, whichever process changed them. One reader of the store's journal
 * serves all of this process, and reads only while someone listens.
 */
export class EventHub {
  readonly #store: EventStore
  readonly #clock: Clock
  readonly #maxPending: number
  /** Those who have heard everything up to the hub's position. */
  readonly #present = new Audience()
  /** Those who come back from a position of their own. */
  readonly #returning = new Set<Listener>()
  readonly #wake = new WakeSignal()
  #position: string | undefined
  #loop: Promise<void> | undefined
  readonly #closing = new AbortController()
  #reads = 0
  #loaded = 0

  constructor(store: EventStore, clock: Clock, { maxPending = MAX_PENDING }: EventHubOptions = {}) {
    this.#store = store
    this.#clock = clock
    this.#maxPending = maxPending
  }

  /** What it does: how many listen, what is kept for them, how often the journal was read, and how many jobs were loaded. */
  get stats(): { listeners: number; pending: number; reads: number; loaded: number } {
    let pending = 0
    for (const listener of [...this.#present, ...this.#returning]) pending += listener.pending
    const listeners = this.#present.size + this.#returning.size
    return { listeners, pending, reads: this.#reads, loaded: this.#loaded }
  }

  /**
   * Begins to listen. Close the listener when it is no longer needed.
   *
   * @param after the position that one who listened before has come to; nothing after it is left out.
   *   Where it is too old, the first event is a `reset`. Default: the present
   */
  listen(filter: EventFilter, { after }: { after?: string | undefined } = {}): Listener {
    const listener = new Listener({
      filter,
      after,
      maxPending: this.#maxPending,
      clock: this.#clock,
      onClose: (closed) => this.#remove(closed),
    })
    if (this.#closing.signal.aborted) {
      listener.close()
      return listener
    }
    if (after !== undefined) this.#returning.add(listener)
    else {
      this.#present.add(listener)
      if (this.#position !== undefined) listener.arrive(this.#position)
    }
    if (after !== undefined) this.#wake.notify()
    this.#loop ??= this.#follow()
    return listener
  }

  /** Ends every listener. */
  async close(): Promise<void> {
    this.#end()
    await this.#loop
  }

  #end(): void {
    this.#closing.abort()
    for (const listener of [...this.#present, ...this.#returning]) listener.close()
  }

  #remove(listener: Listener): void {
    this.#present.delete(listener)
    this.#returning.delete(listener)
    // The loop ends by itself when nobody is left.
    if (this.#isIdle) this.#wake.notify()
  }

  get #isIdle(): boolean {
    return this.#present.size === 0 && this.#returning.size === 0
  }

  async #follow(): Promise<void> {
    const unsubscribe = this.#store.subscribe(() => this.#wake.notify())
    let failures = 0
    while (!this.#isIdle) {
      const begunAt = performance.now()
      let isComplete = true
      try {
        isComplete = await this.#round()
        failures = 0
      } catch (error) {
        this.#fail(error, ++failures)
      }
      // By no clock that tests hold: it only leaves time for others.
      await this.#pause(Math.min(MAX_PAUSE_MS, PAUSE_FACTOR * (performance.now() - begunAt)))
      if (isComplete && !this.#isIdle) await this.#wake.wait(POLL_MS, this.#clock)
    }
    unsubscribe()
    this.#position = undefined
    this.#loop = undefined
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false, signal: this.#closing.signal }).catch(() => {})
  }

  /** Answers whether everything was read that there was. */
  async #round(): Promise<boolean> {
    const isComplete = await this.#readOn()
    // After the others, so that who has come to the end of the journal has come further than they have.
    for (const [position, listeners] of [...this.#byPosition()].slice(0, RETURNING_AT_ONCE)) {
      await this.#bringBack(position, listeners)
    }
    return isComplete && this.#returning.size === 0
  }

  /** For all who are present. */
  async #readOn(): Promise<boolean> {
    if (this.#position === undefined) {
      this.#position = await this.#store.changePosition()
      for (const listener of this.#present) listener.arrive(this.#position)
    }
    const changes = await this.#changesAfter(this.#position)
    if (changes) await this.#tell(changes.jobIds, this.#present)
    // Nobody could read for longer than changes are kept, or the database was put back to an older state.
    else for (const listener of this.#present) listener.reset()
    this.#position = changes?.position ?? (await this.#store.changePosition())
    for (const listener of this.#present) listener.arrive(this.#position)
    return changes?.isComplete ?? true
  }

  async #bringBack(position: string, listeners: readonly Listener[]): Promise<void> {
    const changes = await this.#changesAfter(position)
    const audience = new Audience()
    for (const listener of listeners) audience.add(listener)
    if (changes) await this.#tell(changes.jobIds, audience)
    for (const listener of listeners) {
      if (listener.isClosed) continue
      if (!changes) listener.reset()
      if (changes && !changes.isComplete) listener.arrive(changes.position)
      else this.#join(listener)
    }
  }

  #join(listener: Listener): void {
    this.#returning.delete(listener)
    this.#present.add(listener)
    if (this.#position !== undefined) listener.arrive(this.#position)
  }

  #byPosition(): Map<string, Listener[]> {
    return Map.groupBy(this.#returning, ({ position }) => position ?? '')
  }

  #changesAfter(position: string): Promise<JobChanges | null> {
    this.#reads += 1
    return this.#store.changesAfter(position, ENTRIES_AT_ONCE)
  }

  /** Only one part is loaded at any time, so that no older state is told after a newer one. */
  async #tell(jobIds: readonly string[], audience: Audience): Promise<void> {
    const wanted = jobIds.filter((id) => audience.wants(id))
    for (let first = 0; first < wanted.length; first += JOBS_AT_ONCE) {
      // Between two parts, and not after the last: who is woken by that one finds the new position.
      if (first > 0) await new Promise((resolve) => setImmediate(resolve))
      const jobs = await this.#store.summaries(wanted.slice(first, first + JOBS_AT_ONCE))
      this.#loaded += jobs.length
      for (const job of jobs) audience.offer(job)
    }
  }

  /** What keeps the store from answering is told by all that is asked of it; here it is tried again. */
  #fail(error: unknown, failures: number): void {
    if (error instanceof BackbeatError && error.code === 'store_closed') {
      this.#end()
    } else if (failures === 1) {
      process.emitWarning(
        `Changes of jobs cannot be followed; trying again: ${error instanceof Error ? error.message : error}`,
        { code: 'BACKBEAT_EVENTS' },
      )
    }
  }
}
