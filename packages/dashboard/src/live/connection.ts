import { useSyncExternalStore } from 'react'

/**
 * `live`: events arrive. `polling`: they do not, and it is asked again and again. `connected`: the server
 * answers, and what is shown wants no events. `lost`: nothing answers.
 */
export type ConnectionMode = 'connecting' | 'live' | 'polling' | 'connected' | 'lost'

export interface Connection {
  mode: ConnectionMode
  /** When the server was last heard of; `null` before the first time. */
  heardAt: number | null
}

const HEARD_MODES = { open: 'live', broken: 'polling', none: 'connected' } as const

/** How the page is connected to the server: fed by every request and by the stream of events. */
class ConnectionStore {
  #connection: Connection = { mode: 'connecting', heardAt: null }
  #stream: 'open' | 'broken' | 'none' = 'none'
  readonly #listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly get = (): Connection => this.#connection

  heard(): void {
    this.#set({ mode: HEARD_MODES[this.#stream], heardAt: Date.now() })
  }

  lost(): void {
    this.#set({ mode: 'lost', heardAt: this.#connection.heardAt })
  }

  /** @param stream whether events arrive, should and do not, or are not asked for */
  stream(stream: 'open' | 'broken' | 'none'): void {
    this.#stream = stream
    if (stream === 'open') this.heard()
    else if (this.#connection.heardAt !== null && this.#connection.mode !== 'lost') {
      this.#set({ ...this.#connection, mode: HEARD_MODES[stream] })
    }
  }

  #set(connection: Connection): void {
    this.#connection = connection
    for (const listener of this.#listeners) listener()
  }
}

export const connection = new ConnectionStore()

export function useConnection(): Connection {
  return useSyncExternalStore(connection.subscribe, connection.get)
}

export function useConnectionMode(): ConnectionMode {
  return useSyncExternalStore(connection.subscribe, () => connection.get().mode)
}
