import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import { MAX_RECORDED_ERRORS, MAX_WARNINGS } from '../../job/job.ts'
import type { Status } from '../../job/states.ts'
import type { Changes } from '../../job/transition.ts'
import type { ClaimedJob } from '../store.ts'
import { anError, changesTo, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function settling(suite: Suite): void {
  const { add, claim, claimIds, start, settle, job } = suite

  describe('settling', () => {
    const resting: [Status, Partial<Changes>][] = [
      ['completed', { result: { rows: 3 } }],
      ['completed_with_warnings', { result: 1, warnings: ['one row without a price'] }],
      ['failed', { attemptOutcome: 'failed', error: anError('broken') }],
      ['stuck', { attemptOutcome: 'lost', error: anError('vanished') }],
      ['cancelled', { attemptOutcome: 'cancelled', cancelReason: 'order withdrawn' }],
    ]

    test.each(resting)('a job comes to rest as %s, and its row is the record of the attempt', async (status, more) => {
      const started = await start()
      suite.clock.advance('2s')
      expect(await settle(started, { status, ...more })).toEqual({ kind: 'written' })
      const record = await job(started.jobId)
      expect(record).toMatchObject({
        status,
        attempt: 1,
        completedAt: suite.clock.now(),
        result: more.result ?? null,
        warnings: more.warnings ?? [],
        errorMessage: more.error?.message ?? null,
        errorType: more.error?.type ?? null,
        traceback: more.error?.traceback ?? null,
        errors: more.error ? [more.error] : [],
        cancelReason: more.cancelReason ?? null,
        worker: 'w1',
      })
      expect(record.progressPercent).toBe(status.startsWith('completed') ? 100 : 0)
      expect(await suite.store.attempts(started.jobId)).toEqual([
        {
          ordinal: 1,
          attempt: 1,
          outcome: more.attemptOutcome ?? 'completed',
          worker: 'w1',
          workerVersion: null,
          startedAt: started.startedAt,
          endedAt: suite.clock.now(),
          errorType: more.error?.type ?? null,
          errorMessage: more.error?.message ?? null,
          traceback: more.error?.traceback ?? null,
        },
      ])
      suite.clock.advance('1d')
      expect(await claimIds()).toEqual([])
    })

    test('a retry waits until it is due, and shows why meanwhile', async () => {
      const started = await start({ maxAttempts: 2 })
      await settle(started, { status: 'retrying', attemptOutcome: 'failed', delayMs: 15_000, error: anError('busy') })
      expect(await job(started.jobId)).toMatchObject({
        status: 'retrying',
        runAt: suite.clock.now() + 15_000,
        attempt: 1,
        worker: null,
        heartbeatAt: null,
        completedAt: null,
        errorMessage: 'busy',
        errors: [{ message: 'busy' }],
      })
      expect(await claimIds()).toEqual([])
      suite.clock.advance('15s')
      const [again] = await claim()
      expect(again).toMatchObject({ jobId: started.jobId, attempt: 2, delivery: 2, startedAt: started.startedAt })
      expect((await job(started.jobId)).errorMessage).toBe('busy')
    })

    test('a job that was given back unstarted is as it was before its claim, and the old claim has no say', async () => {
      const rate = { key: 'api', limit: 1, perMs: 60_000 }
      await add({ restrictions: { concurrency: [], rate } })
      await add({})
      const [first, second] = await claim({ limit: 2 })
      suite.clock.advance('1s')
      const unstarted = { status: 'pending', attemptOutcome: null, attempt: 0 } as const
      for (const given of [first, second])
        expect(await settle(given as ClaimedJob, unstarted)).toEqual({ kind: 'written' })
      expect(await job((first as ClaimedJob).jobId)).toMatchObject({
        status: 'pending',
        attempt: 0,
        startedAt: null,
        worker: null,
        runAt: (first as ClaimedJob).startedAt,
      })
      expect(await suite.store.attempts((first as ClaimedJob).jobId)).toEqual([])
      expect(await settle(first as ClaimedJob, { status: 'completed' })).toEqual({ kind: 'refused' })
      expect((await claim({ limit: 2 })).map(({ jobId, attempt }) => ({ jobId, attempt }))).toEqual([
        { jobId: first?.jobId, attempt: 1 },
        { jobId: second?.jobId, attempt: 1 },
      ])
    })

    test('success after failed attempts clears the error and keeps the history', async () => {
      const first = await start({ maxAttempts: 3 })
      await settle(first, {
        status: 'retrying',
        attemptOutcome: 'failed',
        error: anError('one'),
      })
      const [second] = await claim({ worker: 'w2' })
      const more = { attempt: 2, error: anError('two') }
      await settle(second as ClaimedJob, {
        status: 'retrying',
        attemptOutcome: 'failed',
        ...more,
      })
      suite.clock.advance('1s')
      const [third] = await claim({ worker: 'w3' })
      expect((await suite.store.attempts(first.jobId)).map(({ outcome }) => outcome)).toEqual([
        'failed',
        'failed',
        'running',
      ])
      expect((await suite.store.attempts(first.jobId)).at(-1)).toMatchObject({ errorMessage: null, endedAt: null })
      await settle(third as ClaimedJob, { status: 'completed', attempt: 3 })
      expect(await job(first.jobId)).toMatchObject({
        status: 'completed',
        errorMessage: null,
        errorType: null,
        traceback: null,
        errors: [{ message: 'one' }, { message: 'two' }],
      })
      expect(await suite.store.attempts(first.jobId)).toMatchObject([
        { ordinal: 1, attempt: 1, outcome: 'failed', worker: 'w1', errorMessage: 'one', traceback: 'at one' },
        { ordinal: 2, attempt: 2, outcome: 'failed', worker: 'w2', errorMessage: 'two' },
        { ordinal: 3, attempt: 3, outcome: 'completed', worker: 'w3', errorMessage: null, endedAt: suite.clock.now() },
      ])
    })

    test.each(['snoozed', 'released', 'lost'] as const)(
      'a %s attempt is on record and does not count',
      async (outcome) => {
        const started = await start()
        suite.clock.advance('1s')
        const wait = { attempt: 0, redeliveries: outcome === 'lost' ? 1 : 0 }
        await settle(started, { status: 'pending', attemptOutcome: outcome, ...wait })
        expect(await job(started.jobId)).toMatchObject({ status: 'pending', attempt: 0, worker: null })
        expect(await suite.store.attempts(started.jobId)).toMatchObject([
          { ordinal: 1, attempt: 1, outcome, worker: 'w1', startedAt: started.startedAt, endedAt: suite.clock.now() },
        ])
        expect(await claim()).toMatchObject([{ attempt: 1, delivery: 2, redeliveries: wait.redeliveries }])
      },
    )

    test('a job that has not started has no attempt, nor has one that is unknown', async () => {
      expect(await suite.store.attempts(await add())).toEqual([])
      expect(await suite.store.attempts(v7())).toEqual([])
    })

    test('many outcomes are written in one call, each answered in its place', async () => {
      for (let count = 0; count < 4; count++) await add()
      const jobs = await claim()
      const settlements = jobs.map((each, index) => ({
        lease: index === 2 ? { jobId: each.jobId, delivery: 99 } : leaseOf(each),
        knewOfCancel: false,
        changes: changesTo({ status: index === 1 ? 'failed' : 'completed', result: index }),
      }))
      const kinds = (await suite.store.settle(settlements)).map(({ kind }) => kind)
      expect(kinds).toEqual(['written', 'written', 'refused', 'written'])
      const statuses = await Promise.all(jobs.map(async ({ jobId }) => (await job(jobId)).status))
      expect(statuses).toEqual(['completed', 'failed', 'running', 'completed'])
    })

    test('errors and warnings are kept up to a bound, the first of them', async () => {
      let current = await start({ maxAttempts: 1000 })
      for (let attempt = 1; attempt <= MAX_RECORDED_ERRORS + 5; attempt++) {
        const error = anError(`error ${attempt}`)
        await settle(current, {
          status: 'retrying',
          attemptOutcome: 'failed',
          attempt,
          error,
        })
        current = (await claim())[0] as ClaimedJob
      }
      const warnings = Array.from({ length: MAX_WARNINGS + 5 }, (_, index) => `warning ${index}`)
      await settle(current, { status: 'completed_with_warnings', warnings })
      const record = await job(current.jobId)
      expect(record.errors).toHaveLength(MAX_RECORDED_ERRORS)
      expect(record.errors[0]?.message).toBe('error 1')
      expect(record.warnings).toEqual(warnings.slice(0, MAX_WARNINGS))
      expect(await suite.store.attempts(current.jobId)).toHaveLength(MAX_RECORDED_ERRORS + 6)
    })
  })
}
