import { expect, test } from 'vitest'
import { serverSettings } from './server-settings.ts'

test('names the option by which each setting of a worker is changed', () => {
  const worker = { concurrency: 3, lease_ms: 15_000, recycle_jobs: null, recycle_bytes: 5, max_heap_bytes: null }
  const shown = serverSettings({
    version: '1.0.0',
    node_version: 'v24.0.0',
    store: 'sqlite:x',
    broker: 'store',
    max_body_bytes: 1,
    worker,
  })
  expect(shown.slice(-5).map(({ name, unit, option }) => [name, unit, option])).toEqual([
    ['concurrency', 'text', 'worker.concurrency'],
    ['lease_ms', 'duration', 'worker.lease'],
    ['recycle_jobs', 'text', 'worker.recycle.jobs'],
    ['recycle_bytes', 'bytes', 'worker.recycle.memory'],
    ['max_heap_bytes', 'bytes', 'worker.maxHeap'],
  ])
  expect(shown[0]).toEqual({ name: 'version', value: '1.0.0', unit: 'text', option: null })
})
