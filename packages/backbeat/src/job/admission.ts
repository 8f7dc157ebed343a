/** Why a job that expired is cancelled. */
export const EXPIRED_REASON = 'It expired before it started'

/** At most `limit` jobs of one key run at the same time, across all workers. */
export interface ConcurrencyLimit {
  key: string
  limit: number
}

/** At most `limit` jobs of one key start within any `perMs` milliseconds, across all workers. */
export interface RateLimit {
  key: string
  limit: number
  perMs: number
}

/** What may keep a job that is due from being started. */
export interface Restrictions {
  concurrency: ConcurrencyLimit[]
  rate: RateLimit | null
}

/** A job that is due and next in turn. */
export interface Candidate {
  id: string
  /** `null` for the usual job, which nothing restricts. */
  restrictions: Restrictions | null
  /** Not started after this time; milliseconds since 1970 in UTC. */
  expiresAt: number | null
  /** Whether its start was reserved before, so that its rate limit has been paid. */
  startReserved: boolean
}

/** How much of each limit is used. */
export interface Usage {
  /** Running jobs by concurrency key. */
  running: Map<string, number>
  /** The latest starts by rate key, oldest first; reserved ones lie in the future. */
  starts: Map<string, number[]>
}

export type Admission =
  | { kind: 'start' }
  /** It waits until a job of that key ends. */
  | { kind: 'blocked'; by: string }
  /** Its start is reserved for that time. */
  | { kind: 'deferred'; until: number }
  /** It came too late. */
  | { kind: 'expired' }
  /** Enough others start; it is as it was. */
  | { kind: 'passed_over' }

/**
 * Decides, in the order given, which candidates may start. Pure but for `usage`, which is brought
 * up to date with what was decided.
 *
 * The rate limit is a sliding log: a start is allowed once the start that lies `limit` starts
 * before it is `perMs` old. A job that comes too early is given the earliest time that fits, so
 * that it need not be looked at again before, and those behind it line up after it.
 *
 * @param capacity at most so many start
 * @param now milliseconds since 1970 in UTC
 */
export function admit(candidates: readonly Candidate[], usage: Usage, capacity: number, now: number): Admission[] {
  let started = 0
  return candidates.map((candidate) => {
    if (started >= capacity) return { kind: 'passed_over' }
    const admission = admitOne(candidate, usage, now)
    if (admission.kind === 'start') started += 1
    return admission
  })
}

function admitOne({ restrictions, expiresAt, startReserved }: Candidate, usage: Usage, now: number): Admission {
  if (expiresAt !== null && expiresAt <= now) return { kind: 'expired' }
  if (!restrictions) return { kind: 'start' }
  const { concurrency, rate } = restrictions
  const full = concurrency.find(({ key, limit }) => (usage.running.get(key) ?? 0) >= limit)
  if (full) return { kind: 'blocked', by: full.key }
  if (rate && !startReserved) {
    const startsAt = reserveStart(rate, usage, now)
    if (startsAt > now) return { kind: 'deferred', until: startsAt }
  }
  for (const { key } of concurrency) usage.running.set(key, (usage.running.get(key) ?? 0) + 1)
  return { kind: 'start' }
}

function reserveStart({ key, limit, perMs }: RateLimit, usage: Usage, now: number): number {
  const starts = usage.starts.get(key) ?? []
  const previous = starts.at(-limit)
  const startsAt = starts.length < limit || previous === undefined ? now : Math.max(now, previous + perMs)
  usage.starts.set(key, [...starts, startsAt].slice(-limit))
  return startsAt
}

/** The keys whose usage has to be known to decide about these candidates, each once, in one order for all. */
export function keysOf(candidates: readonly Candidate[]): { concurrency: string[]; rate: string[] } {
  const concurrency = new Set<string>()
  const rate = new Set<string>()
  for (const { restrictions } of candidates) {
    for (const { key } of restrictions?.concurrency ?? []) concurrency.add(key)
    if (restrictions?.rate) rate.add(restrictions.rate.key)
  }
  return { concurrency: [...concurrency].sort(), rate: [...rate].sort() }
}
