import { beforeEach, describe, expect, test } from 'vitest'
import type { JobSummary } from '../../job/job.ts'
import type { Status } from '../../job/states.ts'
import type { Patience } from '../sql/job-search.ts'
import type { JobFilter, Store } from '../store.ts'
import { anError, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

/** Looks at two jobs, then asks the index, and then goes on until nothing is left. */
const BY_INDEX: Patience = { firstWindow: 2, walkMs: 0, textMs: 0, indexMs: 10_000, totalMs: 20_000 }
/** Gives up after two jobs of each kind, and never asks the index. */
const GIVING_UP: Patience = { firstWindow: 2, walkMs: 0, textMs: 0, indexMs: 0, totalMs: 0 }

const TASKS = ['catalog.product_import', 'catalog.price_sync', 'orders.order_import', 'orders.send_receipt']
const TAGS = [
  [],
  ['shop=nord'],
  ['Größe XL', '50 % off'],
  ['a_b', 'axb'],
  [`it's "quoted"`, 'back\\slash'],
  ['ΑΘΗΝΑ', '東京都'],
  ['x'],
]
const ERRORS = ['connect ETIMEDOUT 10.0.0.7:5432', 'Feld „Größe“ fehlt: 38 %', 'first line\nsecond line', 'Ärger']
const STATES = ['completed', 'failed', 'completed', 'stuck', 'pending', 'completed', 'failed', 'running'] as const

export function searching(suite: Suite): void {
  const { add, start, settle, claim, allIds } = suite

  /** Jobs of every kind, newest first. */
  async function fill(): Promise<JobSummary[]> {
    const ids: string[] = []
    for (let index = 0; index < 56; index += 1) {
      const status = STATES[index % STATES.length] as Status
      const overrides = {
        taskType: TASKS[index % TASKS.length] as string,
        tags: TAGS[index % TAGS.length] as string[],
        triggeredBy: index % 3 === 0 ? 'manual:ana' : 'app',
        queue: index % 5 === 0 ? 'mail' : 'default',
      }
      suite.clock.advance(60_000)
      if (status === 'pending') {
        ids.unshift(await add({ ...overrides, runAt: suite.clock.now() + 1e9 }))
        continue
      }
      const started = await start(overrides)
      ids.unshift(started.jobId)
      if (status === 'running') continue
      const error = status === 'completed' ? null : anError(ERRORS[index % ERRORS.length] as string)
      await settle(started, { status, error })
    }
    const jobs = new Map((await suite.store.summaries(ids)).map((job) => [job.id, job]))
    return ids.map((id) => jobs.get(id) as JobSummary)
  }

  function mentions({ taskType, id, errorMessage, tags }: JobSummary, q: string): boolean {
    return [taskType, id, errorMessage ?? '', ...tags].some((text) => text.toLowerCase().includes(q.toLowerCase()))
  }

  describe.each([
    ['that asks the index', BY_INDEX],
    ['that gives up early', GIVING_UP],
  ])('a search %s', (_, patience) => {
    let store: Store
    let jobs: JobSummary[]

    beforeEach(async () => {
      store = await suite.openOne(suite.store.url, undefined, patience)
      jobs = await fill()
    })

    const expectAll = async (filter: JobFilter, wanted: (job: JobSummary) => boolean, limit = 3) => {
      const expected = jobs.filter(wanted).map(({ id }) => id)
      const found = await allIds(filter, limit, store)
      expect({ filter, found: found.toSorted() }).toEqual({ filter, found: expected.toSorted() })
    }

    test('finds each job once, whatever part of the task, error or tags is asked for', async () => {
      const texts = [
        'product_IMPORT',
        'IMPORT',
        'etimedout',
        '0.7:54',
        'GRÖẞE'.toLowerCase(),
        'größe',
        'GRÖSSE'.replace('SS', 'ß'),
      ]
      texts.push(
        'nord',
        'p=n',
        '% OFF',
        '%',
        '_',
        'a_b',
        'A_B',
        `'s "QUO`,
        'k\\s',
        'αθηνα',
        '京都',
        '東京都',
        'line\nsecond',
        'ÄRG',
        'x',
      )
      texts.push('nowhere', '","', 'zz', '…', '"', '[]', '\0')
      for (const q of texts) await expectAll({ q }, (job) => mentions(job, q))
    })

    test('finds ids by their beginning, middle and end', async () => {
      const { id } = jobs[20] as JobSummary
      for (const q of [
        id,
        id.toUpperCase(),
        id.slice(0, 13),
        id.slice(0, 8),
        id.slice(-12),
        id.slice(5, 20),
        id.slice(-3),
      ]) {
        await expectAll({ q }, (job) => mentions(job, q))
      }
      for (const q of ['7', 'a', '0-', 'dead-beef', 'deadbeefdeadbeef', `${id}0`]) {
        await expectAll({ q }, (job) => mentions(job, q))
      }
    })

    test('goes with every other filter', async () => {
      const from = (jobs[40] as JobSummary).createdAt
      const to = (jobs[10] as JobSummary).createdAt
      await expectAll(
        { q: 'nord', status: ['completed'] },
        (job) => mentions(job, 'nord') && job.status === 'completed',
      )
      await expectAll({ q: 'timed', status: ['failed', 'stuck'] }, (job) => mentions(job, 'timed'))
      await expectAll({ q: 'größe', status: ['pending', 'running'] }, (job) => {
        return mentions(job, 'größe') && (job.status === 'pending' || job.status === 'running')
      })
      await expectAll({ q: 'x', from, to }, (job) => mentions(job, 'x') && job.createdAt >= from && job.createdAt < to)
      await expectAll(
        { q: 'nord', tag: 'shop=nord', queue: 'mail' },
        (job) => job.tags.includes('shop=nord') && job.queue === 'mail',
      )
      await expectAll({ q: 'import', tag: 'a_b' }, (job) => mentions(job, 'import') && job.tags.includes('a_b'))
      await expectAll(
        { q: 'quoted', taskType: 'orders.*' },
        (job) => mentions(job, 'quoted') && job.taskType.startsWith('orders.'),
      )
      await expectAll({ q: 'price', taskType: 'catalog.price_sync' }, (job) => job.taskType === 'catalog.price_sync')
      const scope = { tasks: ['orders.*'], startedBy: 'manual:ana' }
      const inScope = (job: JobSummary) => job.taskType.startsWith('orders.') || job.triggeredBy === 'manual:ana'
      await expectAll({ q: 'a', scope }, (job) => mentions(job, 'a') && inScope(job))
      await expectAll({ scope }, inScope)
    })

    test('is what a list by a tag, person, queue, task or time is as well', async () => {
      const from = (jobs[30] as JobSummary).createdAt
      const to = (jobs[29] as JobSummary).createdAt
      for (const tag of ['shop=nord', 'x', '50 % off', `it's "quoted"`, 'back\\slash', '東京都', 'Shop=nord', 'none']) {
        await expectAll({ tag }, (job) => job.tags.includes(tag))
      }
      await expectAll({ triggeredBy: 'manual:ana' }, (job) => job.triggeredBy === 'manual:ana')
      await expectAll({ triggeredBy: 'manual:nobody' }, () => false)
      await expectAll({ queue: 'mail', status: ['failed'] }, (job) => job.queue === 'mail' && job.status === 'failed')
      await expectAll({ taskType: 'catalog.*' }, (job) => job.taskType.startsWith('catalog.'))
      await expectAll({ taskType: '*_import', status: ['failed', 'pending'] }, (job) => {
        return job.taskType.endsWith('_import') && (job.status === 'failed' || job.status === 'pending')
      })
      await expectAll({ from }, (job) => job.createdAt >= from)
      await expectAll({ to }, (job) => job.createdAt < to)
      await expectAll({ from, to: from }, () => false)
      await expectAll({ from: to + 1e9 }, () => false)
    })

    test('is newest first from page to page, but for what the middle of an id finds', async () => {
      for (const filter of [{ q: 'import' }, { q: 'größe' }, { tag: 'shop=nord' }, { queue: 'mail' }] as JobFilter[]) {
        const found = await allIds(filter, 4, store)
        expect(found.length).toBeGreaterThan(5)
        expect(found).toEqual(found.toSorted().reverse())
      }
    })
  })

  test('a page that was given up says how far was looked, and the next one goes on from there', async () => {
    const hasty = await suite.openOne(suite.store.url, undefined, GIVING_UP)
    const wanted = await add({ queue: 'mail' })
    for (let index = 0; index < 5; index += 1) {
      suite.clock.advance(60_000)
      await add()
    }
    const first = await hasty.list({ queue: 'mail' }, { limit: 10 })
    expect(first.entries).toEqual([])
    expect(first.nextCursor).not.toBeNull()
    expect(first.searchedTo).toBeGreaterThan(suite.clock.now() - 5 * 60_000)
    expect(first.searchedTo).toBeLessThan(suite.clock.now())
    expect(await allIds({ queue: 'mail' }, 10, hasty)).toEqual([wanted])
    expect(await hasty.count({ queue: 'mail' }, 100)).toEqual({ value: 0, isExact: false })
    expect(await suite.store.count({ queue: 'mail' }, 100)).toEqual({ value: 1, isExact: true })
    expect((await suite.store.list({ queue: 'mail' }, { limit: 10 })).searchedTo).toBeUndefined()
  })

  test('an error is found by what it says now, and not by what it said before', async () => {
    const patient = await suite.openOne(suite.store.url, undefined, BY_INDEX)
    const first = await start({ maxAttempts: 3, tags: ['shop=nord'] })
    await settle(first, { status: 'retrying', error: anError('gateway away') })
    const [second] = await claim()
    await settle(second as never, { status: 'failed', error: anError('disk full') })
    for (let index = 0; index < 5; index += 1) await add()
    expect(await allIds({ q: 'disk' }, 3, patient)).toEqual([first.jobId])
    expect(await allIds({ q: 'gateway' }, 3, patient)).toEqual([])
    expect(await allIds({ q: 'SHOP' }, 3, patient)).toEqual([first.jobId])
  })

  test.each([
    ['are ready', {}],
    ['wait for a later time', { delayMs: 3_600_000 }],
  ])('a search among many that %s finds what is over and what waits', async (_, when) => {
    const hasty = await suite.openOne(suite.store.url, undefined, BY_INDEX)
    const failed = await start({ taskType: 'orders.order_import' })
    await settle(failed, { status: 'failed', error: anError('disk full') })
    const waiting = await add({ tags: ['disk=7'] })
    const many = Array.from({ length: 5100 }, () => newJob(when))
    await suite.store.insert(many)
    const newest = await hasty.list({ status: ['pending'] }, { limit: 2 })
    expect(newest.entries.map(({ id }) => id)).toEqual([many.at(-1)?.id, many.at(-2)?.id])
    expect(await allIds({ q: 'disk' }, 3, hasty)).toEqual([waiting, failed.jobId])
    expect(await allIds({ q: 'order_i' }, 3, hasty)).toEqual([failed.jobId])
  })
}
