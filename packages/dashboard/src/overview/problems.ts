import type { Queue, Stats, Workers } from 'backbeat/client'

export interface Problem {
  /** The text of `overview.<code>`; its remedy is that of `overview.<code>Fix`. */
  code:
    | 'brokerDown'
    | 'nobody'
    | 'noWorker'
    | 'silent'
    | 'rising'
    | 'stuck'
    | 'old'
    | 'failing'
    | 'lagging'
    | 'paused'
    | 'draining'
  tone: 'red' | 'amber'
  values: Record<string, string | number>
  /** Where it is mended: a screen, or jobs by a filter. */
  at: { screen: 'workers' | 'queues' | 'errors' } | { filter: string }
  /** The queue that may be opened again, where that is the remedy. */
  queue?: string
}

export interface Situation {
  queues: readonly Queue[]
  workers: Workers
  /** With the series of a day. */
  day: Stats
}

/** A job that has been due for longer waits too long, in milliseconds. */
const LONG_WAIT_MS = 5 * 60_000
/** An event loop that answers later than this keeps jobs waiting, in milliseconds. */
const LONG_LAG_MS = 1000
/** So many failures within an hour are more than chance, */
const RISING_LEAST = 5
/** and so many times as many as in the hours before. */
const RISING_FACTOR = 3
const HOUR_MS = 3_600_000

/** What somebody has to do something about, the worst first. */
export function problemsOf({ queues, workers, day }: Situation): Problem[] {
  const { broker_reachable, error, items } = workers
  if (!broker_reachable) {
    return [{ code: 'brokerDown', tone: 'red', values: { error: error ?? '' }, at: { screen: 'workers' } }]
  }
  const all = [
    ...unserved(queues, items),
    ...items.flatMap(ofWorker),
    ...ofFailures(day),
    ...queues.flatMap((queue) => ofQueue(queue, Date.parse(day.as_of))),
  ]
  return all.toSorted((one, other) => rank(one) - rank(other))
}

function unserved(queues: readonly Queue[], workers: Workers['items']): Problem[] {
  const unserved = queues.filter((queue) => queue.state !== 'paused' && queue.workers === 0 && queue.due > 0)
  const isAnybodyThere = workers.some(({ state }) => state !== 'silent')
  if (!isAnybodyThere && unserved.length > 0) {
    const count = unserved.reduce((sum, { due }) => sum + due, 0)
    return [{ code: 'nobody', tone: 'red', values: { count }, at: { screen: 'workers' } }]
  }
  return unserved.map(({ name, due }) => ({
    code: 'noWorker',
    tone: 'red',
    values: { queue: name, count: due },
    at: { screen: 'workers' },
  }))
}

function ofWorker({ name, state, event_loop_lag_ms }: Workers['items'][number]): Problem[] {
  const at = { screen: 'workers' } as const
  if (state === 'silent') return [{ code: 'silent', tone: 'red', values: { worker: name }, at }]
  if (event_loop_lag_ms < LONG_LAG_MS) return []
  return [{ code: 'lagging', tone: 'amber', values: { worker: name, lag: event_loop_lag_ms }, at }]
}

function ofFailures({ last_24h, series }: Stats): Problem[] {
  const { failed, stuck } = last_24h
  const problems: Problem[] = []
  const perHour = HOUR_MS / series.bucket_ms
  const counts = series.points.map((point) => point.failed + point.stuck)
  const recent = sum(counts.slice(-perHour))
  const before = sum(counts.slice(0, -perHour)) / Math.max(1, counts.length / perHour - 1)
  const isRising = recent >= RISING_LEAST && recent > before * RISING_FACTOR
  if (isRising) {
    problems.push({ code: 'rising', tone: 'red', values: { count: recent }, at: { screen: 'errors' } })
  } else if (failed > 0) {
    problems.push({ code: 'failing', tone: 'amber', values: { count: failed }, at: { screen: 'errors' } })
  }
  if (stuck > 0) {
    problems.push({ code: 'stuck', tone: 'red', values: { count: stuck }, at: { filter: 'status:stuck' } })
  }
  return problems
}

function ofQueue({ name, state, waiting, workers, oldest_due_at }: Queue, now: number): Problem[] {
  if (state !== 'open') {
    if (state === 'paused' && waiting === 0) return []
    const values = { queue: name, count: waiting }
    return [{ code: state, tone: 'amber', values, at: { screen: 'queues' }, queue: name }]
  }
  const age = oldest_due_at === null ? 0 : now - Date.parse(oldest_due_at)
  if (workers === 0 || age < LONG_WAIT_MS) return []
  return [{ code: 'old', tone: 'amber', values: { queue: name, age }, at: { screen: 'workers' } }]
}

function rank({ tone }: Problem): number {
  return tone === 'red' ? 0 : 1
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
