import { type ClientRequest, get, type IncomingMessage } from 'node:http'

/** What a stream has told so far, over a connection of its own. */
export class EventSource {
  /** The latest status that was told of each job. */
  readonly statuses = new Map<string, string>()
  readonly #request: ClientRequest
  readonly #ready = Promise.withResolvers<void>()
  lastEventId: string
  resets = 0
  #text = ''
  #response: IncomingMessage | undefined

  /** @param lastEventId where to go on, if it is the next one of a stream that was dropped */
  constructor(url: string, token: string, lastEventId = '') {
    this.lastEventId = lastEventId
    const headers = { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) }
    this.#request = get(url, { headers, agent: false }, (response) => {
      this.#response = response
      if (response.statusCode !== 200) this.#ready.reject(new Error(`answered with ${response.statusCode}`))
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => this.#read(chunk))
      response.on('error', () => {})
    })
    this.#request.on('error', this.#ready.reject)
  }

  /** Resolves when it has been told to begin. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  pause(): void {
    this.#response?.pause()
  }

  resume(): void {
    this.#response?.resume()
  }

  drop(): void {
    this.#request.destroy()
  }

  /** The jobs of which it was told that they rest. */
  get outcomes(): Map<string, string> {
    return new Map([...this.statuses].filter(([, status]) => status === 'completed' || status === 'failed'))
  }

  #read(chunk: string): void {
    const blocks = (this.#text + chunk).split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) this.#hear(new Map(block.split('\n').map((line) => parse(line))))
  }

  #hear(block: Map<string, string>): void {
    const event = block.get('event')
    const data = JSON.parse(block.get('data') ?? '{}')
    if (event === 'job') this.statuses.set(data.id, data.status)
    if (event === 'reset') this.resets += 1
    this.lastEventId = block.get('id') ?? this.lastEventId
    this.#ready.resolve()
  }
}

function parse(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
}
