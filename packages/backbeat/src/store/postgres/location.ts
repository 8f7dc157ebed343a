import { toMs } from '../../duration.ts'
import { BackbeatError } from '../../errors.ts'

/** Where a Postgres database is, and how it is talked to. */
export interface Location {
  /** What `pg` connects with: the URL without the options that are ours. Holds the password. */
  connectionString: string
  /** The schema that holds the tables. */
  schema: string
  /** At most this many connections, besides the one that listens. */
  pool: number
  /** How long any single statement may take, in milliseconds. */
  timeoutMs: number
  /** Whether to try LISTEN; else changes are polled for. */
  listen: boolean
  /** Whether statements are prepared once per connection, by name, where sessions are not shared out. */
  prepare: boolean
  /** Settings for the session that the URL asks for, as libpq's `options`. */
  options: string
  /** Opens the same store again. Holds the password. */
  url: string
  /** What people are shown: never holds the password. */
  shown: string
}

const FORM = 'Write postgres://<user>:<password>@<host>:<port>/<database>, and encode special characters in each part'

/**
 * A worker claims, settles, reports and answers reads at the same time; more connections than that
 * make the database slower, not faster. Those that are idle are closed.
 */
const DEFAULT_POOL = 5
const MAX_POOL = 100
const DEFAULT_TIMEOUT = '30s'
const MIN_TIMEOUT_MS = 100

/** Leaves room for what is put around the name, in the 63 bytes that Postgres gives a name. */
const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/

/**
 * Reads `postgres://…` or `postgresql://…`. The options `schema`, `pool`, `timeout`, `listen` and
 * `prepare` are ours; every other one is handed on to `pg`.
 *
 * @throws BackbeatError `invalid_store_url`, which never quotes the URL
 */
export function parseLocation(url: string): Location {
  if (!/^postgres(ql)?:\/\//.test(url)) throw invalid(`It does not start with postgres:// or postgresql://. ${FORM}.`)
  const [address = '', query = ''] = url.split(/\?(.*)/s, 2)
  const options = new URLSearchParams(query)
  const shown = shownAddress(address, options)
  const location = {
    schema: parseSchema(take(options, 'schema') ?? 'backbeat'),
    pool: parsePool(take(options, 'pool') ?? String(DEFAULT_POOL)),
    timeoutMs: parseTimeout(take(options, 'timeout') ?? DEFAULT_TIMEOUT),
    listen: parseSwitch('listen', take(options, 'listen') ?? 'true'),
    prepare: parseSwitch('prepare', take(options, 'prepare') ?? 'true'),
    options: take(options, 'options') ?? '',
  }
  const rest = options.size > 0 ? `?${options}` : ''
  return {
    ...location,
    connectionString: `${address}${rest}`,
    url,
    shown: `${shown} (schema ${location.schema})`,
  }
}

/** Built from parts that are known to be harmless; the URL as it was written is not quoted anywhere. */
function shownAddress(address: string, options: URLSearchParams): string {
  // As `pg` understands it: a URL whose host is a socket's folder, given as an option, has no host.
  const parsed = URL.parse(address) ?? URL.parse(address.replace('@/', '@localhost/'))
  if (!parsed) throw invalid(`It is not a URL. ${FORM}.`)
  // An unencoded / in a password makes part of it look like the database.
  if (/[@:]/.test(parsed.pathname) || parsed.hash !== '') throw invalid(`Its parts cannot be told apart. ${FORM}.`)
  const host = options.get('host') ?? (parsed.host || 'localhost')
  return `postgres://${host}${parsed.pathname}`
}

function take(options: URLSearchParams, name: string): string | null {
  const value = options.get(name)
  options.delete(name)
  return value
}

function parseSchema(schema: string): string {
  if (!SCHEMA.test(schema) || /^pg_|^information_schema$/i.test(schema)) {
    throw invalid(
      `schema is ${JSON.stringify(schema)}; it can be up to 50 letters, digits and _, and be none of Postgres's own.`,
    )
  }
  return schema
}

function parsePool(text: string): number {
  const pool = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (pool < 1 || pool > MAX_POOL) {
    throw invalid(`pool is ${JSON.stringify(text)}; it can be a whole number from 1 to ${MAX_POOL}.`)
  }
  return pool
}

function parseTimeout(text: string): number {
  const duration = /^\d+$/.test(text) ? Number(text) : text
  const timeoutMs = toMs(duration as `${number}s`, 'timeout')
  if (timeoutMs < MIN_TIMEOUT_MS || timeoutMs > 2 ** 30) {
    throw invalid(`timeout is ${JSON.stringify(text)}; it can be from ${MIN_TIMEOUT_MS}ms to 12d.`)
  }
  return timeoutMs
}

function parseSwitch(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw invalid(`${name} is ${JSON.stringify(text)}; it can be true or false.`)
  return text === 'true'
}

function invalid(what: string): BackbeatError {
  return new BackbeatError('invalid_store_url', `The store's URL cannot be used. ${what}`)
}
