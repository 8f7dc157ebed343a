import type { EventQuery, JobEvent } from 'backbeat/client'
import { client } from '../api/client.ts'
import { askAfter } from '../notifications/hint.ts'
import { Batch } from './batch.ts'
import { connection } from './connection.ts'
import type { Change } from './job-list.ts'

/** How long until it is asked again while no events arrive, in milliseconds. */
const FALLBACK_MS = 3000
/** Events are shown together, so often at most: as quickly as anybody reads, and no frame is late for them. */
const SHOWN_EVERY_MS = 500

export interface FeedHandlers {
  /** All that was told since the last time, in its order. */
  onChanges: (changes: Change[]) => void
  /** What is shown may be incomplete: load it again. */
  onReset: () => void
  /** Asked for every three seconds while no events arrive. */
  poll: () => Promise<unknown>
}

/**
 * Follows events until it is closed. While they do not arrive it polls instead, and goes on where it was
 * once the server is back. A page that nobody looks at follows nothing: browsers hold few connections to
 * one server, and other tabs want theirs.
 *
 * @returns what closes it
 */
export function openFeed(query: EventQuery, handlers: FeedHandlers): () => void {
  const feed = new Feed(query, handlers)
  const look = () => (document.hidden ? feed.pause() : feed.resume())
  document.addEventListener('visibilitychange', look)
  look()
  return () => {
    document.removeEventListener('visibilitychange', look)
    feed.close()
  }
}

class Feed {
  readonly #query: EventQuery
  readonly #handlers: FeedHandlers
  readonly #changes: Batch<Change>
  /** Where to go on; empty for from now on. */
  #lastEventId = ''
  #following: AbortController | undefined

  constructor(query: EventQuery, handlers: FeedHandlers) {
    this.#query = query
    this.#handlers = handlers
    this.#changes = new Batch(SHOWN_EVERY_MS, (changes) => {
      connection.heard()
      handlers.onChanges(changes)
      askAfter(changes)
    })
  }

  resume(): void {
    if (this.#following) return
    this.#following = new AbortController()
    void this.#follow(this.#following.signal)
  }

  /** What has come in is shown: it is not told again. */
  pause(): void {
    this.#stop()
    this.#changes.flush()
  }

  /** Nobody wants to know any more. */
  close(): void {
    this.#stop()
    this.#changes.clear()
  }

  #stop(): void {
    this.#following?.abort()
    this.#following = undefined
    connection.stream('none')
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let polling: ReturnType<typeof setInterval> | undefined
    const onConnection = (isOpen: boolean) => {
      if (signal.aborted) return
      connection.stream(isOpen ? 'open' : 'broken')
      clearInterval(polling)
      if (!isOpen) polling = setInterval(() => void this.#handlers.poll().catch(() => {}), FALLBACK_MS)
    }
    signal.addEventListener('abort', () => clearInterval(polling), { once: true })
    while (!signal.aborted) {
      try {
        const options = { signal, lastEventId: this.#lastEventId, retryMs: FALLBACK_MS, onConnection }
        for await (const event of client.events(this.#query, options)) this.#take(event)
      } catch {
        // It was never opened, or is refused: the answers to what is polled say why.
      }
      onConnection(false)
      await new Promise((resolve) => setTimeout(resolve, FALLBACK_MS))
    }
  }

  #take(event: JobEvent): void {
    this.#lastEventId = event.id
    if (event.type === 'job') this.#changes.add({ kind: 'job', job: event.job })
    else if (event.type === 'left') this.#changes.add({ kind: 'left', ...event.job })
    else {
      this.#changes.clear()
      connection.heard()
      this.#handlers.onReset()
    }
  }
}
