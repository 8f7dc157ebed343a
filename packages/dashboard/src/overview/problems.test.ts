import type { Queue, Workers } from 'backbeat/client'
import { expect, test } from 'vitest'
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
  workers: 1,
}
const none: Workers = { items: [], broker_reachable: true, error: null }
const codes = (queues: Queue[], workers = none) => problemsOf(queues, workers).map(({ code }) => code)

test('a queue that is served, or in which nothing is due, is no problem', () => {
  expect(codes([queue, { ...queue, workers: 0, due: 0 }])).toEqual([])
})

test('tells a queue that nobody serves from one that somebody paused', () => {
  expect(codes([{ ...queue, workers: 0 }])).toEqual(['noWorker'])
  expect(codes([{ ...queue, workers: 0, state: 'paused' }])).toEqual(['paused'])
})

test('says that the broker is down, and not that nobody serves', () => {
  const down = { ...none, broker_reachable: false, error: 'refused' }
  expect(problemsOf([{ ...queue, workers: 0 }], down)).toEqual([{ code: 'brokerDown', values: { error: 'refused' } }])
})
