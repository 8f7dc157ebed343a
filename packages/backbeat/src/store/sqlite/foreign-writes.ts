import type { Clock, Timer } from '../../clock.ts'
import type { SqliteConnection } from './connection.ts'

const POLL_MS = 100

/** Notices that another connection, in this process or another, has committed. Never keeps the process alive. */
export class ForeignWrites {
  readonly #connection: SqliteConnection
  readonly #clock: Clock
  readonly #noticed: () => void
  #timer: Timer | undefined
  #version: unknown

  constructor(connection: SqliteConnection, clock: Clock, noticed: () => void) {
    this.#connection = connection
    this.#clock = clock
    this.#noticed = noticed
  }

  watch(): void {
    if (this.#timer) return
    this.#version = this.#read()
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#schedule()
      const version = this.#read()
      if (version === undefined || version === this.#version) return
      this.#version = version
      this.#noticed()
    }, POLL_MS)
  }

  /** A counter that another connection's commit raises, and our own does not; `undefined` where it cannot be read. */
  #read(): unknown {
    try {
      return this.#connection.statement('PRAGMA data_version').get()?.data_version
    } catch {
      return undefined
    }
  }
}
