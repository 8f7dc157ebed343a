import type { Clock, Timer } from '../../clock.ts'
import type { StoreChange } from '../store.ts'
import type { PostgresConnection } from './connection.ts'
import { Listening } from './listening.ts'
import type { Notifier } from './notifier.ts'

/** How often others are assumed to have written while notifications do not arrive. */
const POLL_MS = 1000
const CHECK_MS = 30_000
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 30_000

const HEARD: ReadonlySet<string> = new Set<StoreChange>(['ready', 'rested', 'cancel_requested', 'ordered', 'changed'])

/**
 * Hears of what other processes change: by LISTEN, and by assuming so from time to time for as long
 * as that does not work. Never keeps the process alive.
 */
export class ForeignChanges {
  readonly #connection: PostgresConnection
  readonly #notifier: Notifier
  readonly #clock: Clock
  readonly #tell: (change: StoreChange) => void
  #watching: AbortController | undefined
  #listening: Listening | undefined
  #poll: Timer | undefined
  #warned = false

  constructor(connection: PostgresConnection, notifier: Notifier, clock: Clock, tell: (change: StoreChange) => void) {
    this.#connection = connection
    this.#notifier = notifier
    this.#clock = clock
    this.#tell = tell
  }

  /** Whether notifications arrive, so that nothing is polled for. */
  get isListening(): boolean {
    return this.#listening !== undefined
  }

  watch(): void {
    if (this.#watching) return
    this.#watching = new AbortController()
    this.#schedulePoll()
    if (this.#connection.location.listen) void this.#keepListening(this.#watching.signal)
  }

  stop(): void {
    this.#watching?.abort()
    this.#watching = undefined
    this.#listening?.close()
    this.#listening = undefined
    this.#poll?.cancel()
    this.#poll = undefined
  }

  /** The tick after listening has begun is the last: it makes up for what was said just before. */
  #schedulePoll(): void {
    this.#poll?.cancel()
    // Spread over two fifths, so that processes that started together do not ask together.
    const delayMs = POLL_MS * (0.8 + 0.4 * Math.random())
    this.#poll = this.#clock.setTimer(() => {
      if (!this.isListening) this.#schedulePoll()
      this.#tell('elsewhere')
    }, delayMs)
  }

  async #keepListening(watching: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    for (let times = 0; !watching.aborted; ) {
      const listening = await this.#startListening()
      if (watching.aborted) return listening?.close()
      if (listening) {
        this.#listening = listening
        retryMs = FIRST_RETRY_MS
        times += 1
        // Others may have spoken while nobody listened.
        if (times > 1) this.#tell('elsewhere')
        await this.#untilLost(listening)
        if (watching.aborted) return
        this.#listening = undefined
        this.#schedulePoll()
      }
      await this.#pause(retryMs * (0.5 + Math.random()), watching)
      retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
    }
  }

  async #startListening(): Promise<Listening | undefined> {
    try {
      const listening = await Listening.start(this.#connection, this.#notifier, (message) => this.#hear(message))
      if (!listening) this.#warn()
      return listening
    } catch {
      // What keeps us from connecting is told by all that is asked of the store; here it is tried again.
      return undefined
    }
  }

  async #untilLost(listening: Listening): Promise<void> {
    let check: Timer | undefined
    const scheduleCheck = () => {
      check = this.#clock.setTimer(() => void listening.check().then(scheduleCheck), CHECK_MS)
    }
    scheduleCheck()
    await listening.lost
    check?.cancel()
    listening.close()
  }

  #hear(message: string): void {
    for (const change of message.split(',')) {
      if (HEARD.has(change)) this.#tell(change as StoreChange)
      // One of a newer version, which may mean anything.
      else if (change !== 'probe') this.#tell('elsewhere')
    }
  }

  #pause(ms: number, watching: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(resolve, ms)
      watching.addEventListener('abort', () => {
        timer.cancel()
        resolve()
      })
    })
  }

  #warn(): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(
      `Notifications of the store ${this.#connection.location.shown} do not arrive, so changes of other processes are looked for every second. If a pooler that shares sessions out is in between, add listen=false to the URL.`,
      { code: 'BACKBEAT_LISTEN' },
    )
  }
}
