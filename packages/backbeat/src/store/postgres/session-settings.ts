import type { Location } from './location.ts'

/** Marks a session that has our settings; Postgres keeps any setting that has a dot in its name. */
const MARK = 'backbeat.settings'

/** Whether the session that asks has {@link sessionOptions}. */
export const HAS_SETTINGS = `SELECT current_setting('${MARK}', true) = 'on' AS has_settings`

/**
 * Keeps plans as they are meant: all that Backbeat reads is read by an index, whatever the
 * statistics, which are stale whenever a queue fills or drains quickly, seem to favour.
 */
const PLANNING: [string, string | number][] = [
  ['enable_seqscan', 'off'],
  ['random_page_cost', 1.1],
  ['jit', 'off'],
]

/** Bounds every wait on the server's side. */
function settings({ timeoutMs }: Location): [string, string | number][] {
  return [
    ['statement_timeout', timeoutMs],
    ['lock_timeout', Math.ceil(timeoutMs / 3)],
    ['idle_in_transaction_session_timeout', timeoutMs],
    ...PLANNING,
  ]
}

/** For the start of a session, as libpq's `options`. */
export function sessionOptions(location: Location): string {
  // What a single statement reads once it has locked rows must be what is committed by then: see `bulk-claims.ts`.
  const all = [...settings(location), ['default_transaction_isolation', 'read\\ committed'], [MARK, 'on']]
  return [location.options, ...all.map(([name, value]) => `-c ${name}=${value}`)].join(' ').trim()
}

/** For one transaction, where sessions are not ours to set up. */
export function transactionSettings(location: Location): string {
  return settings(location)
    .map(([name, value]) => `SET LOCAL ${name} = ${value}`)
    .join('; ')
}

/** Plans for our own statements, in a transaction that others' statements share. */
export const PLANNING_HERE = PLANNING.map(([name, value]) => `SET LOCAL ${name} = ${value}`).join('; ')
