import { describe, expect, test } from 'vitest'
import type { WorkerReport } from '../store.ts'
import type { Suite } from './suite.conformance.ts'

function aReport(overrides: Partial<WorkerReport> = {}): WorkerReport {
  return {
    name: 'host:1:abc',
    host: 'host',
    pid: 1,
    version: '1.2.3',
    queues: null,
    pool: 'threads',
    leaseMs: 15_000,
    state: 'running',
    slots: 10,
    running: 0,
    memoryBytes: 2 ** 33,
    eventLoopLagMs: 0.4,
    ...overrides,
  }
}

export function workers(suite: Suite): void {
  describe('workers', () => {
    const list = () => suite.store.workers()

    test('are unknown until they report, and are then listed with what they said', async () => {
      expect(await list()).toEqual([])
      const startedAt = suite.clock.now()
      await suite.store.reportWorker(aReport())
      suite.clock.advance('3s')
      await suite.store.reportWorker(aReport({ running: 4, queues: ['mail', 'ü'], state: 'quiet' }))
      suite.clock.advance('2s')
      expect(await list()).toEqual([
        {
          ...aReport({ running: 4, queues: ['mail', 'ü'], state: 'quiet', eventLoopLagMs: 0 }),
          startedAt,
          heartbeatAt: startedAt + 3000,
          silentForMs: 2000,
          orders: { state: null, slots: null },
        },
      ])
    })

    test('are listed by name, each once', async () => {
      for (const name of ['b', 'a', 'c', 'a']) await suite.store.reportWorker(aReport({ name }))
      expect((await list()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    })

    test('are told at their next report what they are asked to do, and until they are asked otherwise', async () => {
      const { store } = suite
      expect(await store.reportWorker(aReport())).toEqual({ state: null, slots: null })
      expect(await store.orderWorker('host:1:abc', { state: 'quiet' })).toBe(true)
      expect(await store.orderWorker('host:1:abc', { slots: 3 })).toBe(true)
      expect(await store.orderWorker('host:1:abc', {})).toBe(true)
      expect(await store.reportWorker(aReport())).toEqual({ state: 'quiet', slots: 3 })
      expect(await store.workerOrders('host:1:abc')).toEqual({ state: 'quiet', slots: 3 })
      await store.orderWorker('host:1:abc', { state: 'running', slots: null })
      expect(await store.reportWorker(aReport())).toEqual({ state: 'running', slots: null })
      expect((await list())[0]?.orders).toEqual({ state: 'running', slots: null })
    })

    test('nobody can be asked who is not there', async () => {
      expect(await suite.store.orderWorker('nobody', { state: 'stopping' })).toBe(false)
      expect(await suite.store.workerOrders('nobody')).toEqual({ state: null, slots: null })
      expect(await list()).toEqual([])
    })

    test('listeners hear that somebody was asked', async () => {
      await suite.store.reportWorker(aReport())
      const heard: string[] = []
      suite.store.subscribe((change) => heard.push(change))
      await suite.store.orderWorker('nobody', { state: 'quiet' })
      await suite.store.orderWorker('host:1:abc', { state: 'quiet' })
      expect(heard).toEqual(['ordered'])
    })

    test('are gone once they leave', async () => {
      await suite.store.reportWorker(aReport({ name: 'a' }))
      await suite.store.reportWorker(aReport({ name: 'b' }))
      await suite.store.removeWorker('a')
      await suite.store.removeWorker('a')
      expect((await list()).map(({ name }) => name)).toEqual(['b'])
    })

    test('are forgotten once they have been silent for long enough, and not before', async () => {
      await suite.store.reportWorker(aReport({ name: 'old' }))
      suite.clock.advance('1h')
      await suite.store.reportWorker(aReport({ name: 'new' }))
      expect(await suite.store.pruneWorkers(3_600_000)).toBe(0)
      suite.clock.advance(1)
      expect(await suite.store.pruneWorkers(3_600_000)).toBe(1)
      expect((await list()).map(({ name }) => name)).toEqual(['new'])
    })

    test('tell their version to the attempts that they made, also for 90 days after they have left', async () => {
      const { store, clock } = suite
      await store.reportWorker(aReport({ name: 'w1', version: '1.4.0' }))
      const { jobId } = await suite.start()
      const versions = async () => (await store.attempts(jobId)).map(({ workerVersion }) => workerVersion)
      expect(await versions()).toEqual(['1.4.0'])
      await store.removeWorker('w1')
      expect(await store.orderWorker('w1', { slots: 2 })).toBe(false)
      clock.advance('90d')
      expect(await store.pruneWorkers(3_600_000)).toBe(0)
      expect(await versions()).toEqual(['1.4.0'])
      clock.advance(1)
      await store.pruneWorkers(3_600_000)
      expect(await versions()).toEqual([null])
    })

    test('that come back after they were given up work on, without the orders of then', async () => {
      await suite.store.reportWorker(aReport())
      await suite.store.orderWorker('host:1:abc', { state: 'quiet' })
      suite.clock.advance('2h')
      await suite.store.pruneWorkers(3_600_000)
      expect(await list()).toEqual([])
      expect(await suite.store.reportWorker(aReport())).toEqual({ state: null, slots: null })
      expect(await list()).toHaveLength(1)
    })

    test('may have any name', async () => {
      const names = ['\0', "'; --", '\ud800', 'ü'.repeat(5000)]
      for (const name of names) {
        await suite.store.reportWorker(aReport({ name }))
        expect(await suite.store.orderWorker(name, { slots: 2 })).toBe(true)
        await suite.store.removeWorker(name)
      }
      expect(await list()).toEqual([])
    })
  })
}
