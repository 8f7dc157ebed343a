import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { LogRequest } from '../store.ts'
import { aLine, leaseOf } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

export function reporting(suite: Suite): void {
  const { start, job } = suite

  describe('progress and log', () => {
    test('the latest progress is shown, with its meta', async () => {
      const started = await start()
      const say = (percent: number, message: string | null) => ({
        lease: leaseOf(started),
        report: { progress: { percent, message, meta: { file: percent } }, logs: [] },
      })
      expect(await suite.store.report([say(10, 'file 1 of 10'), say(20, 'file 2 of 10')])).toEqual([])
      expect(await job(started.jobId)).toMatchObject({
        progressPercent: 20,
        progressMessage: 'file 2 of 10',
        progressMeta: { file: 20 },
      })
      await suite.store.report([say(30, null)])
      expect((await job(started.jobId)).progressMessage).toBeNull()
    })

    test('log lines come back in pages, oldest first', async () => {
      const started = await start()
      const logs = Array.from({ length: 7 }, (_, index) => ({
        ...aLine(`line ${index}`),
        level: index === 3 ? ('warn' as const) : ('info' as const),
        fields: { index },
      }))
      await suite.store.report([{ lease: leaseOf(started), report: { logs: logs.slice(0, 4) } }])
      await suite.store.report([{ lease: leaseOf(started), report: { logs: logs.slice(4) } }])
      const first = await suite.store.logs(started.jobId, { limit: 5 })
      expect(first.entries.map(({ message }) => message)).toEqual(logs.slice(0, 5).map(({ message }) => message))
      expect(first.entries[3]).toMatchObject({ level: 'warn', fields: { index: 3 }, at: 1 })
      const second = await suite.store.logs(started.jobId, { limit: 5, cursor: first.nextCursor as string })
      expect(second.entries.map(({ message }) => message)).toEqual(['line 5', 'line 6'])
      expect(second.nextCursor).toBeNull()
      expect((await suite.store.logs(v7(), { limit: 5 })).entries).toEqual([])
    })

    test('log lines come back from the newest on, and only those after one that is known', async () => {
      const started = await start()
      const logs = Array.from({ length: 7 }, (_, index) => aLine(`line ${index}`))
      await suite.store.report([{ lease: leaseOf(started), report: { logs } }])
      const read = async (request: Partial<LogRequest>) => {
        const { entries, nextCursor } = await suite.store.logs(started.jobId, { limit: 3, ...request })
        return { lines: entries.map(({ message }) => message), last: entries.at(-1)?.id ?? 0, nextCursor }
      }
      const newest = await read({ newestFirst: true })
      expect(newest.lines).toEqual(['line 6', 'line 5', 'line 4'])
      const before = await read({ newestFirst: true, cursor: newest.nextCursor as string })
      expect(before.lines).toEqual(['line 3', 'line 2', 'line 1'])
      expect((await read({ newestFirst: true, cursor: before.nextCursor as string })).nextCursor).toBeNull()
      expect((await read({ after: newest.last })).lines).toEqual(['line 5', 'line 6'])
      expect((await read({ after: newest.last, newestFirst: true, limit: 1 })).lines).toEqual(['line 6'])
    })
  })
}
