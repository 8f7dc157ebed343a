/** One event of a stream, or what stands in its place: a comment only says that the other side is there. */
export interface ServerSentEvent {
  /** The last id that the stream has given, this event's own included; empty where it has given none. */
  lastEventId: string
  /** How long to wait before connecting again, in milliseconds, where the stream has said so. */
  retryMs: number | undefined
  /** `null` where there was nothing but an id, a comment or a waiting time. */
  event: { type: string; data: string } | null
}

/** Reads `text/event-stream`, however it is cut into pieces. */
export class EventParser {
  #rest = ''
  #type = ''
  #data: string[] = []
  #lastEventId: string
  #retryMs: number | undefined

  constructor(lastEventId = '') {
    this.#lastEventId = lastEventId
  }

  /** What a further piece of text completes. */
  *read(text: string): Generator<ServerSentEvent, void> {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') yield this.#dispatch()
      else this.#field(line)
    }
  }

  #dispatch(): ServerSentEvent {
    const event = this.#data.length === 0 ? null : { type: this.#type || 'message', data: this.#data.join('\n') }
    this.#type = ''
    this.#data = []
    return { event, lastEventId: this.#lastEventId, retryMs: this.#retryMs }
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#type = value
    if (name === 'data') this.#data.push(value)
    if (name === 'id' && !value.includes('\0')) this.#lastEventId = value
    if (name === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value)
  }
}
