import fc from 'fast-check'
import { expect } from 'vitest'
import type { Outcome } from '../../src/job/outcome.ts'
import { isResting, isRetryable } from '../../src/job/states.ts'
import type { Life } from './life.ts'
import { LEASE_MS, type LifeModel } from './model.ts'

type Command = fc.AsyncCommand<LifeModel, Life>

/** Something that may happen to a job at any time; afterwards the record is as the model says. */
function command(
  name: string,
  check: (model: LifeModel) => boolean,
  act: (model: LifeModel, life: Life) => Promise<void>,
) {
  return {
    check,
    toString: () => name,
    run: async (model: LifeModel, life: Life) => {
      await act(model, life)
      await life.expectAsModelled(model)
    },
  } satisfies Command
}

const anyTime = () => true

const advance = (ms: number) =>
  command(`advance ${ms}`, anyTime, async (model, { clock }) => {
    clock.advance(ms)
    model.now += ms
  })

const claim = () =>
  command('claim', anyTime, async (model, { store, leases }) => {
    const expected = model.isClaimable
    const { jobs } = await store.claim({ worker: 'w', limit: 5, queues: null, leaseMs: LEASE_MS })
    expect(jobs.map(({ jobId }) => jobId)).toEqual(expected ? [model.current.id] : [])
    if (!expected) return
    model.claim()
    expect(jobs[0]).toMatchObject({ ...model.lease, attempt: model.current.attempt })
    leases.push(model.lease)
  })

const renew = () =>
  command(
    'renew',
    (model) => model.isRunning,
    async (model, { store }) => {
      const reason = model.current.cancelRequested
      const cancelled = reason === null ? [] : [{ ...model.lease, reason }]
      expect(await store.renew([model.lease], LEASE_MS)).toEqual({ lost: [], cancelled })
      model.renew()
    },
  )

/** A worker that has not heard of a cancellation decides without it, is told, and decides again. */
const finish = (outcome: Outcome) =>
  command(
    `finish ${JSON.stringify(outcome)}`,
    (model) => model.isRunning,
    async (model, { store }) => {
      const { lease, current } = model
      const changes = model.decide(outcome, null)
      const [first] = await store.settle([{ lease, changes, knewOfCancel: false }])
      if (current.cancelRequested === null) {
        expect(first).toEqual({ kind: 'written' })
        return model.settle(changes)
      }
      expect(first).toEqual({ kind: 'undecided', cancelRequested: current.cancelRequested })
      const informed = model.decide(outcome, current.cancelRequested)
      expect(isResting(informed.status)).toBe(true)
      expect(await store.settle([{ lease, changes: informed, knewOfCancel: true }])).toEqual([{ kind: 'written' }])
      model.settle(informed)
    },
  )

const cancel = (reason: string) =>
  command(`cancel ${reason}`, anyTime, async (model, { store }) => {
    const { status, id } = model.current
    const expected = isResting(status) ? 'resting' : model.isRunning ? 'requested' : 'cancelled'
    expect(await store.requestCancel(id, reason)).toBe(expected)
    model.cancel(reason)
  })

/** Two at once, because there is one in every worker. */
const rescue = () =>
  command('rescue', anyTime, async (model, { rescuer }) => {
    const { isExpired, current } = model
    const changes = isExpired ? model.decide({ kind: 'lost', reason: 'gone' }, current.cancelRequested) : null
    const rescued = await Promise.all([rescuer.sweep(), rescuer.sweep()])
    expect(rescued[0] + rescued[1]).toBe(isExpired ? 1 : 0)
    if (changes) model.settle(changes)
  })

/** Two at once, because people click twice. */
const retry = () =>
  command('retry', anyTime, async (model, { client }) => {
    const { id, status } = model.current
    const [first, second] = await Promise.allSettled([client.retry(id, 'ana'), client.retry(id, 'ana')])
    const started = [first, second].flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []))
    expect(started).toHaveLength(isRetryable(status) ? 1 : 0)
    const code = isRetryable(status) ? 'already_running' : 'not_retryable'
    for (const answer of [first, second])
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code })
    if (started[0]) model.retry(started[0])
  })

const lateWrite = (choice: number) =>
  command(`late write ${choice}`, anyTime, async (model, life) => {
    const { lease, isRunning } = model
    const stale = life.leases.filter(({ jobId, delivery }) => {
      return !isRunning || jobId !== lease.jobId || delivery !== lease.delivery
    })
    const late = stale[choice % Math.max(1, stale.length)]
    if (late) await life.expectRefused(late, model)
  })

const error = { type: 'Error', message: 'no', at: 1 }
const outcome: fc.Arbitrary<Outcome> = fc.constantFrom<Outcome>(
  { kind: 'success', result: { done: true }, warnings: [] },
  { kind: 'success', result: null, warnings: ['odd'] },
  { kind: 'failure', transient: true, error },
  { kind: 'failure', transient: true, error },
  { kind: 'failure', transient: false, error, result: 'partial' },
  { kind: 'snoozed', delayMs: 500 },
  { kind: 'released', reason: 'shutdown' },
  { kind: 'lost', reason: 'the executor vanished' },
  { kind: 'cancelled', reason: 'withdrawn', result: 1 },
)

/** Lives of jobs, in any order that can happen and many that should not. */
export const lives = fc.commands(
  [
    // What a life consists of is there more often than what ends it.
    ...Array.from({ length: 4 }, () => fc.constant(claim())),
    fc.constant(advance(LEASE_MS + 1)),
    fc.constant(advance(4000)),
    fc.constant(rescue()),
    fc.constant(rescue()),
    fc.constant(renew()),
    outcome.map(finish),
    fc.constant(retry()),
    fc.constantFrom('enough', 'never mind').map(cancel),
    fc.constantFrom(1, 999, 1000, 2000, 4000, LEASE_MS, LEASE_MS + 1, 60_000).map(advance),
    fc.nat({ max: 20 }).map(lateWrite),
  ],
  { maxCommands: 60, size: 'max' },
)
