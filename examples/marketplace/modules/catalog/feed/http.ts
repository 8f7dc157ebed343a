import { AddressNotAllowedError, createGuardedFetch, type GuardedFetch } from 'backbeat'
import { feedAddresses } from '../../../settings.ts'
import { FeedError, NetworkError } from './errors.ts'

export interface HttpFeedOptions {
  signal: AbortSignal
  /** Reaches what feeds may be fetched from. Default: public addresses, and what the settings allow. */
  fetch?: GuardedFetch
  /** A server that sends nothing for so long is given up. Default: a minute. */
  idleMs?: number
}

const DEFAULT_IDLE_MS = 60_000

/**
 * Streams a feed over HTTP.
 *
 * @throws NetworkError where a later try may succeed: the connection fails or drops, the server is
 *   silent, busy or broken
 * @throws AddressNotAllowedError where the address is not one that feeds may be fetched from
 * @throws FeedError `feed_refused` where the server says that there is no such feed for us,
 *   `feed_unreachable` where the address itself is wrong
 * @throws the signal's reason when it aborts
 */
export async function* fetchFeed(url: string, options: HttpFeedOptions): AsyncGenerator<Uint8Array> {
  const { signal, fetch = createGuardedFetch({ allow: feedAddresses() }), idleMs = DEFAULT_IDLE_MS } = options
  const silence = new AbortController()
  const host = new URL(url).host
  const within = async <T>(waiting: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => silence.abort(), idleMs)
    try {
      return await waiting
    } catch (error) {
      signal.throwIfAborted()
      if (silence.signal.aborted) throw new NetworkError(`${host} sent nothing for ${idleMs / 1000} s`)
      throw error instanceof AddressNotAllowedError ? error : faultOf(error, host)
    } finally {
      clearTimeout(timer)
    }
  }

  const response = await within(
    fetch(url, { signal: AbortSignal.any([signal, silence.signal]), headers: { accept: 'text/csv, */*;q=0.5' } }),
  )
  const reader = response.body?.getReader()
  try {
    if (!response.ok) throw refusalOf(response.status, host)
    while (reader) {
      const { value, done } = await within(reader.read())
      if (done) return
      yield value
    }
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
}

function refusalOf(status: number, host: string): Error {
  if (status >= 500 || status === 429 || status === 408 || status === 425) {
    return new NetworkError(`${host} answered ${status}`)
  }
  const advice = status === 404 || status === 410 ? 'Check the address.' : 'Check the address and who may read it.'
  return new FeedError('feed_refused', `${host} answered ${status} instead of a feed. ${advice}`)
}

/** Codes that trying again does not change: the name is unknown, or the certificate is not trusted. */
const PERMANENT = /^ENOTFOUND$|^ERR_TLS_|CERT|SIGNATURE|^Z_DATA_ERROR$/

/** `fetch` throws one TypeError for everything; its cause tells a dropped connection from a wrong address. */
function faultOf(error: unknown, host: string): Error {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const reason = cause instanceof Error && cause.message ? cause.message : (code ?? 'the connection failed')
  if (code === undefined || PERMANENT.test(code)) {
    return new FeedError('feed_unreachable', `${host} cannot be reached: ${reason}. Check the address.`, {
      cause: error,
    })
  }
  return new NetworkError(`The connection to ${host} failed: ${reason}`, { cause: error })
}
