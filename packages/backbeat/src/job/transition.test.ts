import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Backoff } from './backoff.ts'
import { backoffMs } from './backoff.ts'
import type { Outcome } from './outcome.ts'
import { isResting, isWaiting, mayMove } from './states.ts'
import { type RunningJob, transition } from './transition.ts'

const NOW = Date.UTC(2026, 0, 1)

const backoff: fc.Arbitrary<Backoff> = fc.record({
  firstMs: fc.integer({ min: 0, max: 60_000 }),
  maxMs: fc.integer({ min: 60_000, max: 600_000 }),
  factor: fc.double({ min: 1, max: 4, noNaN: true }),
  jitter: fc.boolean(),
})

const runningJob: fc.Arbitrary<RunningJob> = fc
  .record({
    attempt: fc.integer({ min: 1, max: 10 }),
    spare: fc.integer({ min: 0, max: 10 }),
    redeliveries: fc.integer({ min: 0, max: 8 }),
    maxRedeliveries: fc.integer({ min: 0, max: 5 }),
    failedItems: fc.integer({ min: 0, max: 3 }),
    cancelRequested: fc.option(fc.string()),
  })
  .map(({ spare, ...job }) => ({ ...job, maxAttempts: job.attempt + spare }))

const error = { type: 'Error', message: 'no', at: NOW }

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({
    kind: fc.constant('success' as const),
    result: fc.jsonValue(),
    warnings: fc.array(fc.string()),
  }) as fc.Arbitrary<Outcome>,
  fc.record({ kind: fc.constant('failure' as const), error: fc.constant(error), transient: fc.boolean() }),
  fc.record({ kind: fc.constant('snoozed' as const), delayMs: fc.nat() }),
  fc.record({ kind: fc.constant('cancelled' as const), reason: fc.string() }),
  fc.record({ kind: fc.constant('released' as const), reason: fc.string() }),
  fc.record({ kind: fc.constant('unstarted' as const) }),
  fc.record({ kind: fc.constant('lost' as const), reason: fc.string() }),
)

const random = fc.double({ min: 0, max: 0.999, noNaN: true })

function decided(check: (job: RunningJob, outcome: Outcome, changes: ReturnType<typeof transition>) => void) {
  fc.assert(
    fc.property(runningJob, outcome, backoff, random, (job, ended, waits, chance) => {
      check(job, ended, transition(job, ended, waits, NOW, chance))
    }),
  )
}

describe('the transition of a running job', () => {
  test('is always a legal move', () => {
    decided((_, __, { status }) => expect(mayMove('running', status)).toBe(true))
  })

  test('either rests, or waits with a delay after which it is due', () => {
    decided((_, __, { status, delayMs }) => {
      expect(isResting(status)).toBe(delayMs === null)
      expect(isWaiting(status)).toBe(delayMs !== null && delayMs >= 0)
    })
  })

  test('never starts more attempts than allowed, nor more redeliveries', () => {
    decided((job, _, changes) => {
      if (changes.status === 'retrying') expect(changes.attempt).toBeLessThan(job.maxAttempts)
      if (changes.redeliveries > job.redeliveries) expect(changes.redeliveries).toBeLessThanOrEqual(job.maxRedeliveries)
    })
  })

  test('counts only what the task itself did as an attempt', () => {
    decided((job, ended, changes) => {
      const countsNot = ['snoozed', 'released', 'unstarted', 'lost'].includes(ended.kind) && isWaiting(changes.status)
      expect(changes.attempt).toBe(countsNot ? job.attempt - 1 : job.attempt)
    })
  })

  test('never runs a job again that someone wants cancelled', () => {
    decided((job, _, { status }) => {
      if (job.cancelRequested !== null) expect(isResting(status)).toBe(true)
    })
  })

  test('repeats transient failures only', () => {
    decided((_, ended, { status }) => {
      if (ended.kind === 'failure' && !ended.transient) expect(isResting(status)).toBe(true)
    })
  })

  test('keeps a result that was reached, even when someone wanted to cancel', () => {
    decided((_, ended, { status, result }) => {
      if (ended.kind !== 'success') return
      expect(['completed', 'completed_with_warnings']).toContain(status)
      expect(result).toEqual(ended.result)
    })
  })

  test('is stuck when its worker vanished and redelivery is exhausted or not allowed', () => {
    const job = {
      attempt: 1,
      maxAttempts: 4,
      redeliveries: 0,
      maxRedeliveries: 0,
      failedItems: 0,
      cancelRequested: null,
    }
    const waits = { firstMs: 1, maxMs: 1, factor: 1, jitter: false }
    const lost: Outcome = { kind: 'lost', reason: 'Its worker vanished' }
    expect(transition(job, lost, waits, NOW, 0)).toMatchObject({ status: 'stuck' })
    expect(transition({ ...job, maxRedeliveries: 2 }, lost, waits, NOW, 0)).toMatchObject({
      status: 'pending',
      redeliveries: 1,
    })
    expect(transition({ ...job, redeliveries: 2, maxRedeliveries: 2 }, lost, waits, NOW, 0)).toMatchObject({
      status: 'stuck',
    })
  })
})

describe('the backoff', () => {
  test('is never longer than its maximum nor shorter than half of what it would be without jitter', () => {
    fc.assert(
      fc.property(backoff, fc.integer({ min: 1, max: 1000 }), random, (waits, attempt, chance) => {
        const exact = backoffMs({ ...waits, jitter: false }, attempt, 0)
        const wait = backoffMs(waits, attempt, chance)
        expect(wait).toBeLessThanOrEqual(waits.maxMs)
        expect(wait).toBeGreaterThanOrEqual(Math.floor(exact / 2))
      }),
    )
  })

  test('that begins with no wait stays at none, however often it is repeated', () => {
    expect(backoffMs({ firstMs: 0, maxMs: 60_000, factor: 3, jitter: false }, 1000, 0)).toBe(0)
  })

  test('doubles by default until its maximum', () => {
    const waits = { firstMs: 60_000, maxMs: 600_000, factor: 2, jitter: false }
    expect([1, 2, 3, 4, 5].map((attempt) => backoffMs(waits, attempt, 0))).toEqual([
      60_000, 120_000, 240_000, 480_000, 600_000,
    ])
  })
})
