import { describe, expect, test } from 'vitest'
import type { NewJob } from '../store.ts'
import { LEASE_MS, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function handingOver(suite: Suite): void {
  const { add, claim, claimIds, job, settle } = suite

  const handOver = (jobs: readonly NewJob[]) => suite.store.insertClaimed(jobs, { worker: 'w1', leaseMs: LEASE_MS })

  describe('jobs that are handed over as they are stored', () => {
    test('are told and recorded as if they had been claimed', async () => {
      const parts: Partial<NewJob> = { input: { n: 1, text: 'ä' }, tags: ['x'], priority: 3, totalItems: 2 }
      const [handed] = await handOver([newJob(parts)])
      const id = await add(parts)
      const [claimed] = await claim()
      if (!handed || !claimed) throw new Error('both are to be had')

      expect(handed).toEqual({ ...claimed, jobId: handed.jobId })
      const { id: _, ...record } = await job(handed.jobId)
      expect(record).toEqual({ ...(await job(id)), id: undefined })
    })

    test('are claimed by nobody else, and rest like others', async () => {
      const [first, second] = await handOver([newJob(), newJob()])
      if (!first || !second) throw new Error('both are to be had')
      expect(await claim({ worker: 'w2' })).toEqual([])

      expect(await settle(first, { status: 'completed' })).toEqual({ kind: 'written' })
      expect(await job(first.jobId)).toMatchObject({ status: 'completed', attempt: 1, worker: 'w1' })
      expect(await job(second.jobId)).toMatchObject({ status: 'running' })
    })

    test('are taken back from a worker that vanishes', async () => {
      const [handed] = await handOver([newJob()])
      suite.clock.advance(LEASE_MS + 1)
      expect(await suite.store.findExpired(10, [])).toMatchObject([{ jobId: handed?.jobId, delivery: 1 }])
    })

    test.each([
      ['paused', { paused: true }],
      ['drained', { draining: true }],
      ['limited', { concurrency: 5 }],
    ])('wait where their queue is %s', async (_, change) => {
      await suite.store.changeQueue('slow', change)
      const [here, there] = [newJob({ queue: 'slow' }), newJob()]
      const handed = await handOver([here, there])

      expect(handed.map(({ jobId }) => jobId)).toEqual([there.id])
      expect(await job(here.id)).toMatchObject({ status: 'pending', attempt: 0, worker: null, startedAt: null })
      await suite.store.changeQueue('slow', { paused: false, draining: false, concurrency: null })
      expect(await claimIds()).toEqual([here.id])
    })

    test('are refused together where one is stored already', async () => {
      const [known, other] = [newJob(), newJob()]
      await suite.store.insert([known])
      await expect(handOver([other, known])).rejects.toMatchObject({ code: 'duplicate_job_id' })
      expect(await suite.store.get(other.id)).toBeUndefined()
      expect(await job(known.id)).toMatchObject({ status: 'pending' })
    })

    test('are in the journal', async () => {
      const position = await suite.store.changePosition()
      const [handed] = await handOver([newJob()])
      expect((await suite.store.changesAfter(position, 10))?.jobIds).toEqual([handed?.jobId])
    })
  })
}
