import { BackbeatError } from '../../errors.ts'

interface Fault {
  code: string
  what: string
}

const UNAVAILABLE: Fault = {
  code: 'store_unavailable',
  what: 'cannot be reached, or the connection was lost. Check that the database runs and that its address is right. What was being written when the connection was lost may or may not have been kept.',
}
const TIMEOUT: Fault = {
  code: 'store_timeout',
  what: 'took too long to answer. Look for what keeps the database busy, or raise the `timeout` option of the URL.',
}
const BUSY: Fault = {
  code: 'store_busy',
  what: 'is busy: others hold what this needs. Try again; look for a session that holds a lock or a transaction for long.',
}
const FULL_POOL: Fault = {
  code: 'store_busy',
  what: 'has had no connection free for too long. Raise the `pool` option of the URL, or do less at once.',
}
const TOO_MANY: Fault = {
  code: 'store_busy',
  what: 'accepts no further connection. Lower the `pool` option of each process, raise max_connections, or use a pooler.',
}
const DENIED: Fault = {
  code: 'store_access_denied',
  what: 'refuses access. Check the user, the password, and what the user may do in the schema.',
}
const NO_DATABASE: Fault = {
  code: 'store_unavailable',
  what: 'does not exist. Create the database, or correct its name.',
}
const NOT_MIGRATED: Fault = {
  code: 'store_not_migrated',
  what: 'lacks tables of Backbeat. Call migrate() before using the store.',
}
const READ_ONLY: Fault = {
  code: 'store_read_only',
  what: 'cannot be written to: it is a standby, or set to read only. Connect to the primary server.',
}
const FULL: Fault = { code: 'store_full', what: 'cannot grow: the disk is full. What was being written was undone.' }
const CORRUPT: Fault = { code: 'store_corrupt', what: 'is damaged. Stop what uses it and restore a backup.' }

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, or Node's code. */
const FAULTS: Record<string, Fault> = {
  '40001': BUSY,
  '40P01': BUSY,
  '55P03': BUSY,
  '57014': TIMEOUT,
  '53300': TOO_MANY,
  '53100': FULL,
  '25006': READ_ONLY,
  '28000': DENIED,
  '28P01': DENIED,
  '42501': DENIED,
  '3D000': NO_DATABASE,
  '3F000': NOT_MIGRATED,
  '42P01': NOT_MIGRATED,
  '42703': NOT_MIGRATED,
  '42883': NOT_MIGRATED,
  XX001: CORRUPT,
  XX002: CORRUPT,
  '57P01': UNAVAILABLE,
  '57P02': UNAVAILABLE,
  '57P03': UNAVAILABLE,
  '57P05': UNAVAILABLE,
  '25P03': UNAVAILABLE,
  EAI_AGAIN: UNAVAILABLE,
  ECONNREFUSED: UNAVAILABLE,
  ECONNRESET: UNAVAILABLE,
  EHOSTUNREACH: UNAVAILABLE,
  ENETUNREACH: UNAVAILABLE,
  ENOENT: UNAVAILABLE,
  ENOTFOUND: UNAVAILABLE,
  EPIPE: UNAVAILABLE,
  ETIMEDOUT: UNAVAILABLE,
}

/** What `pg` says where no code tells. */
const SAYINGS: [RegExp, Fault][] = [
  [/^Query read timeout/, TIMEOUT],
  [/^timeout exceeded when trying to connect/, FULL_POOL],
  [/^Connection terminated|not queryable|^Cannot use a pool after/i, UNAVAILABLE],
  [/SSL connection|support SSL/, UNAVAILABLE],
]

/** A fault of Postgres as a coded error that says what to do; anything else stays as it is. */
export function explainFault(thrown: unknown, shown: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof BackbeatError) return thrown
  const fault = faultOf(thrown)
  if (!fault) return thrown
  return new BackbeatError(
    fault.code,
    `The store ${shown} ${fault.what} (Postgres: ${thrown.message || codeOf(thrown)})`,
    {
      cause: thrown,
      status: 503,
    },
  )
}

export function closedStore(shown: string): BackbeatError {
  return new BackbeatError(
    'store_closed',
    `The store ${shown} is closed. Stop what uses the store before closing it.`,
    {
      status: 503,
    },
  )
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

/** Whether the transaction was undone for the sake of another, and may go through when tried again. */
export function isCollision(thrown: unknown): boolean {
  return codeOf(thrown) === '40001' || codeOf(thrown) === '40P01'
}

/** Whether others held what was to be locked for longer than was to be waited. */
export function isLockTimeout(thrown: unknown): boolean {
  return codeOf(thrown) === '55P03'
}

/** Whether the server gave a statement up because it took longer than it might. */
export function isTimeout(thrown: unknown): boolean {
  return codeOf(thrown) === '57014'
}

/** Whether the connection is as good as before: the server refused a statement, or we gave up by ourselves. */
export function leavesConnectionUsable(thrown: unknown): boolean {
  if (thrown instanceof BackbeatError) return true
  return thrown instanceof Error && 'severity' in thrown && thrown.severity === 'ERROR'
}

/** Whether something between us and the server, such as a pooler, refuses settings for the session. */
export function refusesSettings(thrown: unknown): boolean {
  return thrown instanceof Error && /unsupported startup parameter/i.test(thrown.message)
}

function faultOf(error: Error): Fault | undefined {
  const code = codeOf(error)
  if (FAULTS[code]) return FAULTS[code]
  if (code.startsWith('08')) return UNAVAILABLE
  return SAYINGS.find(([saying]) => saying.test(error.message))?.[1]
}
