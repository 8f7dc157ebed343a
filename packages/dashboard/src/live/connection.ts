import { useSyncExternalStore } from 'react'

/** `live`: events arrive. `polling`: it is asked again and again. `lost`: nothing answers. */
export type ConnectionMode = 'connecting' | 'live' | 'polling' | 'lost'

export interface Connection {
  mode: ConnectionMode
  /** When the server was last heard of; `null` before the first time. */
  heardAt: number | null
}

/** How the page is connected to the server: fed by every request and by the stream of events. */
class ConnectionStore {
  #connection: Connection = { mode: 'connecting', heardAt: null }
  #hasStream = false
  readonly #listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly get = (): Connection => this.#connection

  heard(): void {
    this.#set({ mode: this.#hasStream ? 'live' : 'polling', heardAt: Date.now() })
  }

  lost(): void {
    this.#set({ mode: 'lost', heardAt: this.#connection.heardAt })
  }

  /** @param isOpen whether a stream of events is open now */
  stream(isOpen: boolean): void {
    this.#hasStream = isOpen
    if (isOpen) this.heard()
    else if (this.#connection.mode === 'live') this.#set({ ...this.#connection, mode: 'polling' })
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
