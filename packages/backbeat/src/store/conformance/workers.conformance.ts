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
