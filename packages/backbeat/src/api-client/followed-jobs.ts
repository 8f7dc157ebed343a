import { BackbeatApiError, unexpectedAnswer } from './api-error.ts'
import { EventParser, type ServerSentEvent } from './event-parser.ts'
import { pause } from './pause.ts'
import type { RequestOptions, Requests } from './requests.ts'
import type { JobEvent } from './types.ts'

const RETRY_MS = 3000
const MAX_RETRY_MS = 30_000
/** Three times as long as the server is ever silent. */
const SILENCE_MS = 45_000

export interface FollowOptions extends RequestOptions {
  /** The `id` of the last event that was seen, to go on from there. Default: from now on. */
  lastEventId?: string
  /** How long to wait before connecting again, in milliseconds. Default: what the server says, which is 3000. */
  retryMs?: number
  /** After so long without a sign of life the connection is taken for dead, in milliseconds. Default: 45000. */
  silenceMs?: number
  /** Told when a connection is made, and when it is lost, so that one can say how old is what one shows. */
  onConnection?: (isOpen: boolean) => void
}

/**
 * Reads a stream of events, and goes on where it broke off for as long as somebody reads.
 *
 * @throws BackbeatApiError where the server refuses, what `fetch` throws where the first connection fails,
 * and the signal's reason when it aborts
 */
export async function* followJobs(
  requests: Requests,
  path: string,
  query: Record<string, unknown>,
  { lastEventId = '', retryMs, silenceMs = SILENCE_MS, onConnection, signal }: FollowOptions,
): AsyncGenerator<JobEvent, void> {
  let waitMs = RETRY_MS
  let failures = 0
  for (let hasConnected = false; ; ) {
    signal?.throwIfAborted()
    const connection = new Connection(silenceMs, signal)
    let isOpen = false
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) }
      const response = await requests.open('GET', path, { query, headers, signal: connection.signal })
      if (response.status === 204) return
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw unexpectedAnswer(response)
      hasConnected = true
      isOpen = true
      onConnection?.(true)
      for await (const read of connection.read(response, lastEventId)) {
        failures = 0
        lastEventId = read.lastEventId
        waitMs = read.retryMs ?? waitMs
        const event = jobEventOf(read)
        if (event) yield event
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!hasConnected || isFinal(error)) throw error
      failures += 1
    } finally {
      connection.close()
      if (isOpen) onConnection?.(false)
    }
    await pause(retryMs ?? Math.min(waitMs * 2 ** Math.max(0, failures - 1), MAX_RETRY_MS), signal)
  }
}

/** One connection, given up when nothing comes over it any more. */
class Connection {
  readonly #controller = new AbortController()
  readonly #silenceMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly signal: AbortSignal

  constructor(silenceMs: number, signal: AbortSignal | undefined) {
    this.#silenceMs = silenceMs
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal
    this.#listen()
  }

  async *read(response: Response, lastEventId: string): AsyncGenerator<ServerSentEvent, void> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const parser = new EventParser(lastEventId)
    // Not every fetch ends a body whose signal aborts.
    const stop = () => void reader?.cancel().catch(() => {})
    this.signal.addEventListener('abort', stop, { once: true })
    if (this.signal.aborted) stop()
    for (;;) {
      this.#listen()
      const { done = true, value = '' } = (await reader?.read()) ?? {}
      // However long the events are worked on, it is not the other side that is silent.
      clearTimeout(this.#timer)
      if (done) return
      yield* parser.read(value)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#controller.abort()
  }

  #listen(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#controller.abort(new Error(`Nothing came over the connection for ${this.#silenceMs} ms.`)),
      this.#silenceMs,
    )
  }
}

/** Whether asking again would be answered in the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof BackbeatApiError && error.status < 500 && error.status !== 429
}

/** Events of other kinds than these are for clients that know of them. */
function jobEventOf({ event, lastEventId: id }: ServerSentEvent): JobEvent | undefined {
  switch (event?.type) {
    case 'ready':
    case 'reset':
      return { type: event.type, id }
    case 'job':
    case 'left':
      return { type: event.type, id, job: JSON.parse(event.data) }
    default:
      return undefined
  }
}
