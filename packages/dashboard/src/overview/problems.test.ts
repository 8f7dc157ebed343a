import type { Queue, Stats, Workers } from 'backbeat/client'
import { describe, expect, test } from 'vitest'
import { stats, worker } from '../testing/factories.ts'
import { problemsOf } from './problems.ts'

const queue: Queue = {
  name: 'mail',
  state: 'open',
  paused_at: null,
  draining_since: null,
  concurrency: null,
  waiting: 3,
  due: 3,
  running: 0,
  oldest_due_at: null,
  rate_per_minute: 0,
  workers: 1,
}
const one: Workers = { items: [worker()], broker_reachable: true, error: null }
const codes = (queues: Queue[], workers = one, day = stats()) =>
  problemsOf({ queues, workers, day }).map(({ code }) => code)

/** A day in which so many failed, by the half hour, the newest last. */
function failures(...counts: number[]): Stats {
  const day = stats()
  const points = day.series.points.map((point, index) => ({
    ...point,
    failed: counts[index - (day.series.points.length - counts.length)] ?? 0,
  }))
  const failed = counts.reduce((sum, count) => sum + count, 0)
  return { ...day, last_24h: { ...day.last_24h, failed }, series: { ...day.series, points } }
}

describe('a queue', () => {
  test('that is served, or in which nothing is due, is no problem', () => {
    expect(codes([queue, { ...queue, workers: 0, due: 0 }])).toEqual([])
  })

  test('that nobody serves is told from one that somebody paused, and from there being nobody at all', () => {
    expect(codes([{ ...queue, workers: 0 }])).toEqual(['noWorker'])
    expect(codes([{ ...queue, workers: 0, state: 'paused' }])).toEqual(['paused'])
    const nobody = { ...one, items: [] }
    const [problem, ...others] = problemsOf({
      queues: [
        { ...queue, workers: 0 },
        { ...queue, name: 'other', workers: 0 },
      ],
      workers: nobody,
      day: stats(),
    })
    expect([problem?.code, problem?.values, others]).toEqual(['nobody', { count: 6 }, []])
  })

  test('in which a job waits for too long is one', () => {
    const at = (minutes: number) => new Date(Date.parse(stats().as_of) - minutes * 60_000).toISOString()
    expect(codes([{ ...queue, oldest_due_at: at(4) }])).toEqual([])
    expect(codes([{ ...queue, oldest_due_at: at(6) }])).toEqual(['old'])
  })

  test('that drains takes nothing new, and that is said', () => {
    expect(codes([{ ...queue, state: 'draining', waiting: 0 }])).toEqual(['draining'])
  })
})

describe('a worker', () => {
  test('that is silent, or does not keep up, is a problem', () => {
    const items = [worker({ state: 'silent' }), worker({ event_loop_lag_ms: 1500 }), worker()]
    expect(codes([queue], { ...one, items })).toEqual(['silent', 'lagging'])
  })

  test('of which nothing is known because the broker is down is not said to be missing', () => {
    const down = { items: [], broker_reachable: false, error: 'refused' }
    const problems = problemsOf({ queues: [{ ...queue, workers: 0 }], workers: down, day: stats() })
    expect(problems).toMatchObject([{ code: 'brokerDown', values: { error: 'refused' } }])
  })
})

describe('failures', () => {
  test('are named however few there are', () => {
    expect(codes([queue], one, failures(1))).toEqual(['failing'])
  })

  test('that become many are told from those that are as ever', () => {
    expect(codes([queue], one, failures(2, 4))).toEqual(['rising'])
    expect(codes([queue], one, failures(...Array(46).fill(3), 2, 4))).toEqual(['failing'])
  })

  test('of a worker that vanished come before what can wait', () => {
    const day = failures(1)
    expect(codes([queue], one, { ...day, last_24h: { ...day.last_24h, stuck: 2 } })).toEqual(['stuck', 'failing'])
  })
})
