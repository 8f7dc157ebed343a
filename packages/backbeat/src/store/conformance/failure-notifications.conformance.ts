import { describe, expect, test } from 'vitest'
import type { Lease } from '../../job/assignment.ts'
import { NOTIFIABLE, type NotifiableStatus, notificationOf } from '../../job/notification.ts'
import type { NewJob, NotificationFilter, NotificationReader, Settlement } from '../store.ts'
import { anError, changesTo, leaseOf, newJob } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const DAY_MS = 24 * 3_600_000
const ANA: NotificationReader = { name: 'manual:ana', scope: null }
const BEN: NotificationReader = { name: 'manual:ben', scope: null }

/** Sees jobs of these tasks, and those that they started. */
function limited(name: string, ...tasks: string[]): NotificationReader {
  return { name, scope: { tasks, startedBy: name } }
}

/** What people are told of jobs that came to rest. */
export function failureNotifications(suite: Suite): void {
  const { start } = suite
  const records = () => suite.store.notifications

  function settlementOf(
    lease: Lease,
    { status = 'failed', message = 'no such feed' }: Partial<Raised> = {},
  ): Settlement {
    const isWarned = status === 'completed_with_warnings'
    const changes = changesTo({
      status,
      attemptOutcome: isWarned ? 'completed' : status === 'stuck' ? 'lost' : 'failed',
      error: isWarned ? null : anError(message),
      warnings: isWarned ? [message] : [],
    })
    const notification = notificationOf(changes, NOTIFIABLE)
    return { lease: leaseOf(lease), changes, knewOfCancel: false, notification }
  }

  interface Raised {
    status: NotifiableStatus
    message: string
    taskType: string
  }

  /** A job that came to rest, and of which people are told. */
  async function raise(raised: Partial<Raised> = {}, job: Partial<NewJob> = {}): Promise<string> {
    const started = await start({ ...(raised.taskType !== undefined && { taskType: raised.taskType }), ...job })
    expect(await suite.store.settle([settlementOf(started, raised)])).toEqual([{ kind: 'written' }])
    return started.jobId
  }

  const read = async (reader = ANA, filter: NotificationFilter = {}) =>
    (await records().list(reader, filter, { limit: 100 })).entries
  const counts = async (reader = ANA) => (await read(reader)).map(({ count, unreadCount }) => [count, unreadCount])
  const first = async (reader = ANA) => {
    const [notification] = await read(reader)
    if (!notification) throw new Error('there is no notification')
    return notification
  }

  describe('a notification', () => {
    test.each(NOTIFIABLE)('of a job that rests as %s is there with its outcome', async (status) => {
      const jobId = await raise({ status, message: 'row 7 has no price' })
      const now = suite.clock.now()
      expect(await read()).toEqual([
        {
          id: expect.any(Number),
          fingerprint: expect.any(String),
          taskType: 'demo.echo',
          status,
          errorType: status === 'completed_with_warnings' ? null : 'TypeError',
          message: 'row 7 has no price',
          count: 1,
          unreadCount: 1,
          firstJobId: jobId,
          lastJobId: jobId,
          firstAt: now,
          lastAt: now,
          readAt: null,
          yours: null,
        },
      ])
      expect(await records().countUnread(ANA)).toBe(1)
    })

    test('is not raised by what is settled without one', async () => {
      const jobs = [await start(), await start(), await start()]
      const settlements = jobs.map(settlementOf as (job: Lease) => Settlement)
      await suite.store.settle(settlements.map(({ notification: _, ...settlement }) => settlement))
      expect(await read()).toEqual([])
    })

    test('is not raised by an outcome that is refused, nor again by one that is written twice', async () => {
      const started = await start()
      const late = { ...started, delivery: started.delivery - 1 }
      expect(await suite.store.settle([settlementOf(late)])).toEqual([{ kind: 'refused' }])
      expect(await read()).toEqual([])
      const settlement = settlementOf(started)
      expect(await suite.store.settle([settlement])).toEqual([{ kind: 'written' }])
      expect(await suite.store.settle([{ ...settlement, triedBefore: true }])).toEqual([{ kind: 'written' }])
      expect(await suite.store.settle([settlement])).toEqual([{ kind: 'refused' }])
      expect(await counts()).toEqual([[1, 1]])
    })

    test('is neither lost nor doubled where many fail at once, in whichever mix', async () => {
      await suite.store.insert(Array.from({ length: 60 }, () => newJob()))
      const jobs = await suite.claim()
      const settlements = jobs.map((job, index): Settlement => {
        if (index % 3 === 0)
          return { lease: leaseOf(job), changes: changesTo({ status: 'completed' }), knewOfCancel: false }
        return settlementOf(job, { message: index % 3 === 1 ? `row ${index} is bad` : 'no such feed' })
      })
      const parts = [settlements.slice(0, 20), settlements.slice(20, 21), settlements.slice(21).reverse()]
      await Promise.all(parts.map((part) => suite.store.settle(part)))
      expect((await read()).map(({ count }) => count)).toEqual([20, 20])
      expect((await suite.store.list({ status: ['failed'] }, { limit: 100 })).entries).toHaveLength(40)
    })

    test('is committed with the effects of a transactional task, or not at all', async () => {
      for (const ending of ['rollback', 'commit'] as const) {
        const started = await start()
        const attempt = await suite.store.beginAttempt()
        await attempt.settle(settlementOf(started, { status: 'completed_with_warnings' }))
        await attempt[ending]()
        expect(await counts()).toEqual(ending === 'commit' ? [[1, 1]] : [])
        if (ending === 'rollback') await suite.settle(started, { status: 'completed' })
      }
    })

    test('takes any text', async () => {
      const started = await start()
      const settlement = settlementOf(started)
      const notification = { fingerprint: 'f', errorType: 'a\0'.repeat(9999), message: `\ud800${'x'.repeat(99_999)}` }
      await suite.store.settle([{ ...settlement, notification }])
      const { message, errorType } = await first()
      expect(message).toContain('\ufffdx')
      expect((message?.length ?? 0) + (errorType?.length ?? 0)).toBeLessThan(4000)
    })
  })

  describe('notifications of one reason', () => {
    test('are one, that counts its jobs and is the latest again', async () => {
      const firstJob = await raise({ message: 'row 1 is bad' })
      const firstAt = suite.clock.now()
      suite.clock.advance('1m')
      await raise({ message: 'no such feed' })
      suite.clock.advance('1m')
      const lastJob = await raise({ message: 'row 2 is bad' })
      const lastAt = suite.clock.now()
      const [latest, other] = await read()
      expect(latest).toMatchObject({ count: 2, firstJobId: firstJob, lastJobId: lastJob, firstAt, lastAt })
      expect(latest?.message).toBe('row 2 is bad')
      expect(other).toMatchObject({ count: 1, message: 'no such feed' })
      expect(await records().countUnread(ANA)).toBe(2)
    })

    test('are several where the task or the fault is another', async () => {
      await raise({ taskType: 'demo.echo' })
      await raise({ taskType: 'demo.other' })
      await raise({ status: 'completed_with_warnings' })
      expect(await read()).toHaveLength(3)
    })

    test('come in pages that join', async () => {
      for (const letter of ['a', 'b', 'c', 'd', 'e']) {
        await raise({ message: letter })
        if (letter !== 'b') suite.clock.advance('1s')
      }
      const one = await records().list(ANA, {}, { limit: 2 })
      const two = await records().list(ANA, {}, { limit: 2, cursor: one.nextCursor as string })
      const three = await records().list(ANA, {}, { limit: 2, cursor: two.nextCursor as string })
      const all = [...one.entries, ...two.entries, ...three.entries]
      expect(all.map(({ message }) => message)).toEqual(['e', 'd', 'c', 'b', 'a'])
      expect(three.nextCursor).toBeNull()
      await expect(records().list(ANA, {}, { limit: 1, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_cursor' })
    })
  })

  describe('who reads a notification', () => {
    test('has read it for themselves alone, until it happens again', async () => {
      await raise()
      const { id } = await first()
      suite.clock.advance('1s')
      expect(await records().markRead(ANA, id, null)).toMatchObject({ unreadCount: 0, readAt: suite.clock.now() })
      expect([await counts(ANA), await counts(BEN)]).toEqual([[[1, 0]], [[1, 1]]])
      expect([await read(ANA, { unread: true }), await read(BEN, { unread: true })]).toMatchObject([[], [{ id }]])
      expect([await records().countUnread(ANA), await records().countUnread(BEN)]).toEqual([0, 1])
      await raise()
      expect([await counts(ANA), await counts(BEN)]).toEqual([[[2, 1]], [[2, 2]]])
    })

    test('has not read of what came in after they looked', async () => {
      await raise()
      const { id, count } = await first()
      await raise()
      await records().markRead(ANA, id, count)
      expect(await counts()).toEqual([[2, 1]])
      await records().markRead(ANA, id, 99)
      await records().markRead(ANA, id, 1)
      expect(await counts()).toEqual([[2, 0]])
      await raise()
      expect(await counts()).toEqual([[3, 1]])
    })

    test('reads all at once, or all until some time', async () => {
      await raise({ message: 'a' })
      const until = suite.clock.now()
      suite.clock.advance('1s')
      await raise({ message: 'b' })
      expect(await records().markAllRead(ANA, until)).toBe(1)
      expect((await read(ANA, { unread: true })).map(({ message }) => message)).toEqual(['b'])
      expect(await records().markAllRead(ANA, null)).toBe(1)
      expect(await records().markAllRead(ANA, null)).toBe(0)
      expect([await records().countUnread(ANA), await records().countUnread(BEN)]).toEqual([0, 2])
    })

    test('has those counted that are unread among the latest thousand', async () => {
      await suite.store.insert(Array.from({ length: 1002 }, () => newJob()))
      const jobs = await suite.claim({ limit: 2000 })
      const letters = (index: number) =>
        index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')
      const settlements = jobs.map((job, index) => settlementOf(job, { message: letters(index) }))
      await suite.store.settle(settlements)
      expect(await records().countUnread(ANA)).toBe(1000)
      await records().markRead(ANA, (await first()).id, null)
      expect(await records().countUnread(ANA)).toBe(999)
      expect(await records().markAllRead(ANA, null)).toBe(1001)
      expect(await records().countUnread(ANA)).toBe(0)
    })

    test('dismisses it for themselves alone, until it happens again', async () => {
      await raise()
      const { id } = await first()
      expect(await records().dismiss(ANA, id)).toBe(true)
      expect([await counts(ANA), await counts(BEN)]).toEqual([[], [[1, 1]]])
      expect(await records().dismiss(ANA, id)).toBe(false)
      expect(await records().markRead(ANA, id, null)).toBeUndefined()
      await raise()
      expect(await counts(ANA)).toEqual([[2, 1]])
    })

    test('is told where there is none of that id', async () => {
      expect(await records().markRead(ANA, 4711, null)).toBeUndefined()
      expect(await records().dismiss(ANA, 4711)).toBe(false)
    })
  })

  describe('who may see a notification', () => {
    test('is who may see jobs of its task', async () => {
      await raise({ taskType: 'catalog.import' })
      await raise({ taskType: 'mail.send' })
      const tasks = async (reader: NotificationReader) => (await read(reader)).map(({ taskType }) => taskType)
      expect(await tasks(ANA)).toEqual(['mail.send', 'catalog.import'])
      expect(await tasks(limited('api:ci', 'catalog.*'))).toEqual(['catalog.import'])
      expect(await tasks(limited('api:ci', 'catalog_import', 'mail.'))).toEqual([])
      expect(await tasks(limited('api:ci'))).toEqual([])
    })

    test('is who started one of its jobs, of which alone they are told', async () => {
      const nobody = limited('manual:ana')
      await raise({}, { triggeredBy: 'scheduled:nightly' })
      const own = await raise({}, { triggeredBy: 'manual:ana' })
      await raise({}, { triggeredBy: 'manual:ben' })
      const lastAt = suite.clock.now()
      const yours = { count: 1, lastJobId: own, lastAt }
      expect(await read(nobody)).toMatchObject([{ count: 1, firstJobId: own, lastJobId: own, yours }])
      expect(await read(limited('manual:ana', 'demo.*'))).toMatchObject([{ count: 3, yours }])
      expect(await read(limited('manual:ana', 'mail.*'))).toMatchObject([{ count: 1, yours }])
      expect(await read(limited('scheduled:nightly'))).toEqual([])
      await raise({}, { triggeredBy: 'manual:ben' })
      const [mine] = await read(nobody)
      await records().markRead(nobody, mine?.id ?? 0, null)
      expect(await counts(nobody)).toEqual([[1, 0]])
    })

    test('finds those of the jobs that they started among all', async () => {
      await raise({ message: 'a' }, { triggeredBy: 'manual:ana' })
      await raise({ message: 'b' }, { triggeredBy: 'manual:ben' })
      expect((await read(ANA, { mine: true })).map(({ message }) => message)).toEqual(['a'])
      expect((await read(ANA)).map(({ yours }) => yours?.count)).toEqual([undefined, 1])
    })

    test('neither reads nor dismisses what is told to others', async () => {
      await raise({}, { triggeredBy: 'manual:ana' })
      const all = await first(ANA)
      const own = await first(limited('manual:ana'))
      expect(own.id).not.toBe(all.id)
      expect(await records().markRead(limited('api:ci'), all.id, null)).toBeUndefined()
      expect(await records().dismiss(limited('manual:ana'), all.id)).toBe(false)
      expect(await records().dismiss(BEN, own.id)).toBe(false)
      expect(await records().markAllRead(limited('api:ci'), null)).toBe(0)
    })
  })

  test('notifications are removed when nothing has happened for their time, with what was read of them', async () => {
    await raise({ message: 'a' })
    await raise({ message: 'b' })
    await records().markAllRead(ANA, null)
    suite.clock.advance('12h')
    await raise({ message: 'b' })
    expect(await records().prune(DAY_MS)).toBe(0)
    suite.clock.advance('12h')
    suite.clock.advance('1s')
    const pruned = await Promise.all([records().prune(DAY_MS), records().prune(DAY_MS)])
    expect(pruned.toSorted()).toEqual([0, 1])
    expect((await read()).map(({ message }) => message)).toEqual(['b'])
    await raise({ message: 'a' })
    expect(await counts()).toEqual([
      [1, 1],
      [2, 1],
    ])
  })
}
