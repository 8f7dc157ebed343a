import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { Restrictions } from '../../job/admission.ts'
import type { JobFacts } from '../store.ts'
import { leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export function insights(suite: Suite): void {
  const { add, claim, start, settle, job } = suite

  async function finish(taskType: string, status: 'completed' | 'failed' = 'completed'): Promise<string> {
    const started = await start({ taskType })
    await settle(started, { status })
    return started.jobId
  }

  async function rollAll(): Promise<void> {
    while (await suite.store.insights.rollUp());
  }

  async function factsOf(id: string): Promise<JobFacts> {
    const facts = await suite.store.insights.facts(id)
    if (!facts) throw new Error('the job is missing')
    return facts
  }

  function atMost(limit: number, key: string): Restrictions {
    return { concurrency: [{ key, limit }], rate: null }
  }

  describe('counts', () => {
    test('say by queue and state what waits and runs, what of it is due, and since when', async () => {
      expect(await suite.store.insights.lanes()).toEqual([])
      const now = suite.clock.now()
      await add({ queue: 'mail', runAt: now - 5000 })
      await claim()
      await add({ queue: 'mail', runAt: now - 3000 })
      await add({ queue: 'mail', runAt: now - 1000 })
      await add({ queue: 'mail', runAt: now + 60_000 })
      await add({ queue: 'later', runAt: now + 60_000 })
      expect(await suite.store.insights.lanes()).toEqual([
        { queue: 'later', status: 'pending', count: 1, due: 0, oldestDueAt: null },
        { queue: 'mail', status: 'pending', count: 3, due: 2, oldestDueAt: now - 3000 },
        { queue: 'mail', status: 'running', count: 1, due: 0, oldestDueAt: null },
      ])
    })

    test('of what rests are exact while they are small', async () => {
      await finish('demo.echo')
      await finish('demo.echo', 'failed')
      await add()
      const counts = await suite.store.insights.countResting()
      expect(Object.fromEntries(counts)).toEqual({
        completed: { value: 1, isExact: true },
        completed_with_warnings: { value: 0, isExact: true },
        failed: { value: 1, isExact: true },
        stuck: { value: 0, isExact: true },
        cancelled: { value: 0, isExact: true },
      })
    })
  })

  describe('tallies', () => {
    const tallies = (from: number, bucketMs: number) => suite.store.insights.tallies({ from, bucketMs })

    test('hold what came to rest, each job once, by minute and by hour', async () => {
      const began = suite.clock.now()
      await finish('demo.echo')
      await finish('demo.echo')
      await finish('catalog.import', 'failed')
      suite.clock.advance('2m')
      await finish('demo.echo')
      suite.clock.advance('1m')
      await rollAll()
      await rollAll()
      expect(await tallies(began, MINUTE)).toEqual([
        { at: began, taskType: 'catalog.import', status: 'failed', count: 1 },
        { at: began, taskType: 'demo.echo', status: 'completed', count: 2 },
        { at: began + 2 * MINUTE, taskType: 'demo.echo', status: 'completed', count: 1 },
      ])
      suite.clock.advance('1h')
      await finish('demo.echo')
      suite.clock.advance('1m')
      await rollAll()
      expect(await tallies(began, HOUR)).toEqual([
        { at: began, taskType: 'catalog.import', status: 'failed', count: 1 },
        { at: began, taskType: 'demo.echo', status: 'completed', count: 3 },
        { at: began + HOUR, taskType: 'demo.echo', status: 'completed', count: 1 },
      ])
      expect(await tallies(began + HOUR, 30 * MINUTE)).toEqual([
        { at: began + HOUR, taskType: 'demo.echo', status: 'completed', count: 1 },
      ])
      expect(await tallies(began + 2 * HOUR, HOUR)).toEqual([])
    })

    test('hold what came to rest just now, before and after it is added, once', async () => {
      const began = suite.clock.now()
      const read = () =>
        Promise.all([tallies(began, MINUTE), tallies(began, HOUR), suite.store.insights.totals()]).then((all) =>
          all.map((each) => each.map(({ count }) => count)),
        )
      await finish('demo.echo')
      await rollAll()
      await finish('demo.echo')
      expect(await read()).toEqual([[2], [2], []])
      suite.clock.advance('10s')
      await rollAll()
      await finish('demo.echo')
      expect(await read()).toEqual([[3], [3], [2]])
    })

    test('hold of what is still to be added only what is asked for', async () => {
      await finish('demo.echo')
      suite.clock.advance('5m')
      const from = suite.clock.now()
      await finish('catalog.import', 'failed')
      expect(await tallies(from, MINUTE)).toEqual([
        { at: from, taskType: 'catalog.import', status: 'failed', count: 1 },
      ])
    })

    test('count what was cancelled too, and what does not rest not at all', async () => {
      const began = suite.clock.now()
      await start()
      await suite.store.requestCancel(await add(), 'no longer wanted')
      await add()
      suite.clock.advance('1m')
      await rollAll()
      expect(await tallies(began, MINUTE)).toEqual([
        { at: began, taskType: 'demo.echo', status: 'cancelled', count: 1 },
      ])
    })

    test('are the same whoever adds to them, and how many do', async () => {
      const began = suite.clock.now()
      const stores = [suite.store, await suite.openOne(suite.store.url), await suite.openOne(suite.store.url)]
      for (let round = 1; round <= 3; round += 1) {
        for (let index = 0; index < 10; index += 1) await finish('demo.echo')
        suite.clock.advance('15s')
        await Promise.all(stores.map((store) => store.insights.rollUp()))
      }
      await rollAll()
      expect((await tallies(began, HOUR)).map(({ count }) => count)).toEqual([30])
    })

    test('tell queues apart, also of what is still to be added, and forget which after the minute', async () => {
      const finishIn = async (queue: string, status: 'completed' | 'failed' = 'completed') => {
        await settle(await start({ queue }), { status })
      }
      await finishIn('mail')
      suite.clock.advance('2m')
      const from = suite.clock.now()
      await finishIn('mail')
      await finishIn('mail', 'failed')
      await finishIn('default')
      await suite.store.requestCancel(await add({ queue: 'default' }), 'no longer wanted')
      suite.clock.advance('15s')
      await rollAll()
      await finishIn('mail')
      expect(await suite.store.insights.queueTallies(from + 500)).toEqual([
        { queue: 'default', status: 'cancelled', count: 1 },
        { queue: 'default', status: 'completed', count: 1 },
        { queue: 'mail', status: 'completed', count: 2 },
        { queue: 'mail', status: 'failed', count: 1 },
      ])
      expect((await tallies(from, MINUTE)).map(({ count }) => count)).toEqual([1, 3, 1])
      suite.clock.advance('15s')
      await rollAll()
      expect((await suite.store.insights.totals()).map(({ status, count }) => [status, count])).toEqual([
        ['cancelled', 1],
        ['completed', 4],
        ['failed', 1],
      ])
      suite.clock.advance('1m')
      expect(await suite.store.insights.queueTallies(suite.clock.now())).toEqual([])
    })

    test('of all time are one for each task and state', async () => {
      await finish('demo.echo')
      suite.clock.advance('72h')
      await finish('demo.echo')
      await finish('demo.echo', 'failed')
      suite.clock.advance('1m')
      await rollAll()
      expect(await suite.store.insights.totals()).toEqual([
        { at: 0, taskType: 'demo.echo', status: 'completed', count: 2 },
        { at: 0, taskType: 'demo.echo', status: 'failed', count: 1 },
      ])
    })

    test('by the minute are forgotten after a day, and by the hour kept', async () => {
      const began = suite.clock.now()
      await finish('demo.echo')
      suite.clock.advance('1m')
      await rollAll()
      suite.clock.advance('48h')
      await finish('demo.echo')
      suite.clock.advance('1m')
      await rollAll()
      expect((await tallies(began, MINUTE)).map(({ at }) => at)).toEqual([began + 48 * HOUR + MINUTE])
      expect((await tallies(began, HOUR)).map(({ at }) => at)).toEqual([began, began + 48 * HOUR])
    })
  })

  describe('recent runs', () => {
    test('say how long jobs that are over had waited and run', async () => {
      await add({ taskType: 'demo.slow' })
      await add({ taskType: 'demo.later', runAt: suite.clock.now() + 1500 })
      suite.clock.advance(2000)
      const claimed = await claim()
      suite.clock.advance(300)
      for (const one of claimed) await settle(one, { status: 'completed' })
      await suite.store.requestCancel(await add({ taskType: 'demo.cancelled' }), 'x')
      await add({ taskType: 'demo.slow' })
      const runs = await suite.store.insights.recentRuns(['demo.slow', 'demo.unknown'], 10)
      expect(runs.sort((a, b) => (a.taskType < b.taskType ? -1 : 1))).toEqual([
        { taskType: 'demo.cancelled', status: 'cancelled', waitMs: null, runMs: null },
        { taskType: 'demo.later', status: 'completed', waitMs: 500, runMs: 300 },
        { taskType: 'demo.slow', status: 'completed', waitMs: 2000, runMs: 300 },
      ])
    })

    test('are as many of each task as were asked for, the newest, and as many of all', async () => {
      for (let index = 0; index < 4; index += 1) await finish('demo.rare')
      for (let index = 0; index < 4; index += 1) await finish('demo.often')
      const runs = await suite.store.insights.recentRuns(['demo.rare'], 2)
      expect(runs.filter(({ taskType }) => taskType === 'demo.rare').length).toBeGreaterThanOrEqual(2)
      expect(runs.length).toBeLessThanOrEqual(4)
    })
  })

  describe('retries of several jobs', () => {
    test('are found by the jobs that they retry, the newest of each', async () => {
      const old = await finish('demo.echo', 'failed')
      const other = await finish('demo.echo', 'failed')
      const first = await start({ retriedFromId: old })
      await settle(first, { status: 'failed' })
      const second = await add({ retriedFromId: old })
      const found = await suite.store.insights.retriesOf([old, other, 'no id', v7()])
      expect([...found]).toEqual([[old, second]])
      expect(await suite.store.insights.retriesOf([])).toEqual(new Map())
    })
  })

  describe('the facts about a job', () => {
    test('are none where there is no such job', async () => {
      expect(await suite.store.insights.facts(v7())).toBeUndefined()
      expect(await suite.store.insights.facts('no id')).toBeUndefined()
    })

    test('count those that come before it, in the order in which they are claimed', async () => {
      await add()
      await add({ priority: 5 })
      const asked = await add({ priority: 1 })
      await add({ queue: 'other', priority: 9 })
      await add({ priority: 1 })
      const facts = await factsOf(asked)
      expect(facts.ahead).toEqual({ value: 1, isExact: true })
      expect(facts.now).toBe(suite.clock.now())
      expect(facts.job).toEqual(await job(asked).then(({ id }) => expect.objectContaining({ id })))
    })

    test('tell what operators set for its queue, and how many of it run', async () => {
      await start({ queue: 'mail' })
      const asked = await add({ queue: 'mail' })
      await suite.store.changeQueue('mail', { paused: true, concurrency: 3 })
      expect((await factsOf(asked)).queue).toEqual({
        pausedAt: suite.clock.now(),
        drainingSince: null,
        concurrency: 3,
        running: 1,
      })
    })

    test('name who holds the places that it waits for', async () => {
      const holder = await start({ restrictions: atMost(1, 'shop:nord'), taskType: 'shop.sync' })
      const asked = await add({ restrictions: atMost(1, 'shop:nord') })
      await claim()
      const facts = await factsOf(asked)
      expect(facts.job.blockedBy).toBe('shop:nord')
      expect(facts.restrictions).toEqual(atMost(1, 'shop:nord'))
      expect(facts.holders).toEqual([
        {
          jobId: holder.jobId,
          taskType: 'shop.sync',
          triggeredBy: 'test',
          worker: 'w1',
          startedAt: suite.clock.now(),
        },
      ])
    })

    test('tell that its start is reserved, and how long a lease lasts', async () => {
      const restrictions: Restrictions = { concurrency: [], rate: { key: 'mail', limit: 1, perMs: 60_000 } }
      const running = await start({ restrictions })
      const asked = await add({ restrictions })
      await claim()
      expect(await factsOf(asked)).toMatchObject({
        startReserved: true,
        job: { runAt: suite.clock.now() + 60_000 },
        leaseExpiresAt: null,
      })
      await suite.store.renew([leaseOf(running)], 7000)
      expect((await factsOf(running.jobId)).leaseExpiresAt).toBe(suite.clock.now() + 7000)
    })
  })
}
