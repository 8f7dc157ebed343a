import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { JobSummary } from '../../job/job.ts'
import type { ClaimedJob, NewJob, Store } from '../store.ts'
import { aLine, anError, anItem, batch, changesTo, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const RETENTION = '15m'
const atMostOne: Partial<NewJob> = { restrictions: { concurrency: [{ key: 'shop', limit: 1 }], rate: null } }

/** Reads on from a position in small pages, to its end. */
async function readOn(store: Store, from: string): Promise<{ jobIds: string[]; position: string }> {
  const jobIds = new Set<string>()
  for (let position = from; ; ) {
    const changes = await store.changesAfter(position, 2)
    if (!changes) throw new Error(`the position ${position} has expired`)
    for (const id of changes.jobIds) jobIds.add(id)
    position = changes.position
    if (changes.isComplete) return { jobIds: [...jobIds].sort(), position }
  }
}

export function journalling(suite: Suite): void {
  const { openOne, add, claim, start, settle } = suite

  describe('the journal of changes', () => {
    /** The jobs that the journal names for the work; none may have changed that it does not name. */
    async function noted(work: () => Promise<unknown>): Promise<string[]> {
      const before = await all()
      const position = await suite.store.changePosition()
      await work()
      const { jobIds } = await readOn(suite.store, position)
      const changed = [...(await all())].filter(([id, summary]) => summary !== before.get(id)).map(([id]) => id)
      expect(jobIds).toEqual(expect.arrayContaining(changed))
      return jobIds
    }

    async function all(): Promise<Map<string, string>> {
      const { entries } = await suite.store.list({}, { limit: 1000 })
      // A heartbeat alone is not news.
      const known = ({ heartbeatAt: _, ...summary }: JobSummary) => JSON.stringify(summary)
      return new Map(entries.map((summary) => [summary.id, known(summary)]))
    }

    test('names the jobs that are stored, and not those that are refused', async () => {
      const [one, other, same] = [newJob({ uniqueKey: 'k' }), newJob(), newJob({ uniqueKey: 'k' })]
      expect(await noted(() => suite.store.insert([one, other]))).toEqual([one.id, other.id].sort())
      expect(await noted(() => suite.store.insert([same]))).toEqual([])
      expect(await noted(() => suite.store.insert([same, newJob({ id: other.id })]).catch(() => {}))).toEqual([])
    })

    test('names each of ten thousand jobs that are stored at once', async () => {
      const jobs = Array.from({ length: 10_000 }, () => newJob())
      const position = await suite.store.changePosition()
      await suite.store.insert(jobs)
      const { jobIds } = await readOn(suite.store, position)
      expect(jobIds).toEqual(jobs.map(({ id }) => id).sort())
    })

    test('names a job whose place another takes', async () => {
      const waiting = await add({ uniqueKey: 'k' })
      const replacing = newJob({ uniqueKey: 'k', replacesWaiting: true })
      expect(await noted(() => suite.store.insert([replacing]))).toEqual([waiting, replacing.id].sort())
    })

    test('names the jobs that are claimed, and nothing where nothing is', async () => {
      const ids = [await add(), await add()]
      expect(await noted(claim)).toEqual(ids.sort())
      expect(await noted(claim)).toEqual([])
    })

    test('names what is put aside, and what may start in its place', async () => {
      const ids = [await add(atMostOne), await add(atMostOne), await add(atMostOne)]
      let claimed: ClaimedJob[] = []
      expect(
        await noted(async () => {
          claimed = await claim()
        }),
      ).toEqual([...ids].sort())
      const [first] = claimed
      const settled = await noted(() => settle(first as ClaimedJob, { status: 'completed' }))
      expect(settled).toHaveLength(2)
      expect(settled).toContain(first?.jobId)
    })

    test('names what is deferred by a rate, and what has expired', async () => {
      const rated: Partial<NewJob> = { restrictions: { concurrency: [], rate: { key: 'r', limit: 1, perMs: 60_000 } } }
      const ids = [await add(rated), await add(rated), await add({ expiresAt: suite.clock.now() + 1 })]
      suite.clock.advance(10)
      expect(await noted(claim)).toEqual(ids.sort())
    })

    test('names what tidying puts right', async () => {
      const expiring = await add({ expiresAt: suite.clock.now() + 1 })
      suite.clock.advance(10)
      expect(await noted(() => suite.store.tidy())).toEqual([expiring])
    })

    test.each([
      ['completes', { status: 'completed' }],
      ['fails', { status: 'failed', attemptOutcome: 'failed', error: anError('x') }],
      ['waits for its retry', { status: 'retrying', attemptOutcome: 'failed', error: anError('x') }],
      ['is given back', { status: 'pending', attemptOutcome: 'released' }],
    ] as const)('names a job that %s', async (_, changes) => {
      const started = await start()
      expect(await noted(() => settle(started, changes))).toEqual([started.jobId])
      expect(await noted(() => settle(started, changes))).toEqual([])
    })

    test('names a job that was lost and rescued', async () => {
      const started = await start()
      suite.clock.advance('1h')
      const lost = { lease: leaseOf(started), knewOfCancel: false, onlyIfExpired: true }
      const changes = changesTo({ status: 'stuck', attemptOutcome: 'lost' })
      expect(await noted(() => suite.store.settle([{ ...lost, changes }]))).toEqual([started.jobId])
    })

    test('names jobs that report or record items, and no others', async () => {
      const started = await start()
      const stale = { ...leaseOf(started), delivery: 9 }
      const report = { progress: { percent: 5, message: null, meta: null }, logs: [] }
      const reports = [{ lease: leaseOf(started), report }]
      expect(await noted(() => suite.store.report(reports))).toEqual([started.jobId])
      expect(
        await noted(() => suite.store.report([{ lease: leaseOf(started), report: { logs: [aLine('x')] } }])),
      ).toEqual([started.jobId])
      const items = batch([anItem('a', 0), anItem('b', 1, anError('x'))], { total: 2 })
      expect(await noted(() => suite.store.recordItems(leaseOf(started), items))).toEqual([started.jobId])
      expect(await noted(() => suite.store.recordItems(stale, items))).toEqual([])
      expect(await noted(() => suite.store.report([{ lease: stale, report }]))).toEqual([])
    })

    test('names jobs that someone cancels, once', async () => {
      const running = await start()
      const waiting = await add()
      const cancel = (id: string) => noted(() => suite.store.requestCancel(id, 'x'))
      expect(await cancel(waiting)).toEqual([waiting])
      expect(await cancel(waiting)).toEqual([])
      expect(await cancel(running.jobId)).toEqual([running.jobId])
      expect(await cancel(running.jobId)).toEqual([])
      expect(await cancel(v7())).toEqual([])
    })

    test('says nothing of renewed leases', async () => {
      const started = await start()
      expect(await noted(() => suite.store.renew([leaseOf(started)], 1000))).toEqual([])
    })

    test('has what an attempt commits with its outcome, and nothing of one that is undone', async () => {
      const started = await start()
      const settlement = { lease: leaseOf(started), knewOfCancel: false }
      const changes = changesTo({ status: 'completed' })
      const position = await suite.store.changePosition()

      const undone = await suite.store.beginAttempt()
      await undone.settle({ ...settlement, changes })
      await undone.rollback()
      expect((await readOn(suite.store, position)).jobIds).toEqual([])

      const kept = await suite.store.beginAttempt()
      await kept.report(leaseOf(started), { logs: [aLine('x')] })
      await kept.settle({ ...settlement, changes })
      await kept.commit()
      expect((await readOn(suite.store, position)).jobIds).toEqual([started.jobId])
    })

    test('is read on from where one has come, in another process too', async () => {
      const other = await openOne(suite.store.url)
      const first = await add()
      const { position } = await readOn(other, await other.changePosition())
      const second = await add()
      const { jobIds, position: end } = await readOn(other, position)
      expect(jobIds).toEqual([second])
      expect((await readOn(suite.store, end)).jobIds).toEqual([])
      const summaries = await other.summaries([first, second, v7(), 'nothing'])
      expect(summaries.map(({ id }) => id).sort()).toEqual([first, second].sort())
    })

    test('keeps what happened within the last 15 minutes, and says when it no longer does', async () => {
      const tooOld = await suite.store.changePosition()
      await add()
      await suite.store.tidy()
      suite.clock.advance('14m')
      await suite.store.tidy()
      const position = await suite.store.changePosition()
      const late = await add()
      suite.clock.advance('2m')
      await suite.store.tidy()
      expect(await suite.store.changesAfter(tooOld, 10)).toBeNull()
      expect((await readOn(suite.store, position)).jobIds).toEqual([late])
      suite.clock.advance(RETENTION)
      await suite.store.tidy()
      suite.clock.advance(RETENTION)
      await suite.store.tidy()
      expect(await suite.store.changesAfter(position, 10)).toBeNull()
      const present = await suite.store.changePosition()
      const last = await add()
      expect((await readOn(suite.store, present)).jobIds).toEqual([last])
    })

    test.each([
      '',
      'x',
      '-1',
      '1e3',
      '12:5',
      '9'.repeat(15),
      '9:9:9,',
      `1:${'9'.repeat(19)}:`,
      `0:0:${'1,'.repeat(9)}`,
    ])('takes the position %j for one that has expired', async (position) => {
      await add()
      expect(await suite.store.changesAfter(position, 10)).toBeNull()
    })
  })
}
