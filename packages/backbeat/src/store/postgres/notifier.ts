import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../../clock.ts'
import type { StoreChange } from '../store.ts'
import type { PostgresConnection } from './connection.ts'

/** Under load this is how often others are told: every notification takes a lock that the whole server shares. */
const GAP_MS = 5

/** That jobs were only started, or reported, is news for people, who can wait so long. */
const LEISURE_MS = 200

/** The channel of a schema's stores. */
export function channelOf(schema: string): string {
  return `backbeat_${schema}`
}

/**
 * Tells other processes of changes, after their commit: one notification for all that happened since the
 * last. Where none was sent for a while, a write may send its own; see {@link Notifier.takeTurn}.
 */
export class Notifier {
  /** Who speaks, so that a store does not listen to itself. */
  readonly id = randomUUID()
  readonly #connection: PostgresConnection
  readonly #clock: Clock
  readonly #waiting = new Set<StoreChange>()
  #sending: Promise<void> | undefined
  #pause: Timer | undefined
  #leisure: Timer | undefined

  constructor(connection: PostgresConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  tell(change: StoreChange): void {
    this.#waiting.add(change)
    if (change === 'changed') this.#leisure ??= this.#clock.setTimer(() => this.#endLeisure(), LEISURE_MS)
    else if (!this.#sending && !this.#pause) this.#send()
  }

  /**
   * The payload of a notification that the caller's own statement is to send, which saves a round trip;
   * `undefined` where others were told just now, and it is to {@link tell} once it has committed.
   */
  takeTurn(change: StoreChange): string | undefined {
    if (this.#sending || this.#pause || this.#waiting.size > 0) return undefined
    this.#rest()
    return this.#payload(change)
  }

  /** Says at once what is still to be said. */
  async flush(): Promise<void> {
    this.#pause?.cancel()
    this.#pause = undefined
    this.#leisure?.cancel()
    this.#leisure = undefined
    await this.#sending
    if (this.#waiting.size > 0) await this.notify([...this.#waiting].join())
    this.#waiting.clear()
  }

  /** Whether it was sent. Whoever waits for a notification that is lost looks by itself after a while. */
  async notify(message: string): Promise<boolean> {
    try {
      // Nothing is lost by not waiting for the disk here.
      await this.#connection.run(`SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`, [
        channelOf(this.#connection.location.schema),
        this.#payload(message),
      ])
      return true
    } catch {
      return false
    }
  }

  #endLeisure(): void {
    this.#leisure = undefined
    if (!this.#sending && !this.#pause) this.#sendWhatIsDue()
  }

  #sendWhatIsDue(): void {
    const isUrgent = [...this.#waiting].some((change) => change !== 'changed')
    if (isUrgent || (this.#waiting.size > 0 && !this.#leisure)) this.#send()
  }

  #send(): void {
    const message = [...this.#waiting].join()
    this.#waiting.clear()
    this.#sending = this.notify(message).then(() => {
      this.#sending = undefined
      this.#rest()
    })
  }

  #rest(): void {
    this.#pause = this.#clock.setTimer(() => {
      this.#pause = undefined
      this.#sendWhatIsDue()
    }, GAP_MS)
  }

  #payload(message: string): string {
    return `${this.id} ${message}`
  }
}
