import { BackbeatApiError, unexpectedAnswer } from './api-error.ts'
import type { Problem } from './types.ts'

export interface ClientOptions {
  /** Where the API is, with its base path; relative to the page in a browser. Default: the root of the page's site. */
  baseUrl?: string
  /** A bearer token, or how to get one before each request. Default: none; a browser sends its session's cookie. */
  token?: string | (() => string | Promise<string>)
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch
}

export interface RequestOptions {
  signal?: AbortSignal
}

export interface Sent extends RequestOptions {
  query?: Record<string, unknown>
  body?: unknown
  headers?: Record<string, string>
}

/** Sends requests and reads their answers. */
export class Requests {
  readonly #base: string
  readonly #token: ClientOptions['token']
  readonly #fetch: typeof globalThis.fetch

  constructor({ baseUrl = '', token, fetch = globalThis.fetch }: ClientOptions) {
    this.#base = baseUrl.replace(/\/+$/, '')
    this.#token = token
    // Browsers refuse a fetch that is called as a method of something else.
    this.#fetch = (input, init) => fetch(input, init)
  }

  get<Answer>(path: string, sent: Sent = {}): Promise<Answer> {
    return this.send('GET', path, sent)
  }

  post<Answer>(path: string, sent: Sent = {}): Promise<Answer> {
    return this.send('POST', path, sent)
  }

  /** @throws BackbeatApiError, and what `fetch` throws where the server cannot be reached */
  async send<Answer>(method: string, path: string, sent: Sent): Promise<Answer> {
    const response = await this.open(method, path, sent)
    if (response.status === 204) return undefined as Answer
    const answer = await jsonOf(response)
    if (answer !== undefined) return answer as Answer
    throw unexpectedAnswer(response)
  }

  /** Every entry of a list, read page by page as it is needed. */
  async *all<Entry>(path: string, query: Record<string, unknown>, options?: RequestOptions) {
    for (let cursor = query.cursor; ; ) {
      const page: { items: Entry[]; next_cursor: string | null } = await this.get(path, {
        query: { ...query, cursor },
        ...options,
      })
      yield* page.items
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }

  /** As {@link send}, and leaves the body to be read. */
  async open(method: string, path: string, { query = {}, body, headers, signal }: Sent): Promise<Response> {
    const token = typeof this.#token === 'function' ? await this.#token() : this.#token
    const response = await this.#fetch(`${this.#base}${path}${queryText(query)}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    if (response.ok) return response
    const answer = await jsonOf(response)
    throw isProblem(answer) ? new BackbeatApiError(answer) : unexpectedAnswer(response)
  }
}

function queryText(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    parameters.set(name, value instanceof Date ? value.toISOString() : String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'detail' in answer && 'status' in answer
}
