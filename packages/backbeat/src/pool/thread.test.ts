import { pino } from 'pino'
import { describePool } from './pool.conformance.ts'
import { ThreadPool } from './thread.ts'

const entry = new URL('../entry/executor-thread.ts', import.meta.url)

describePool(
  'the thread pool',
  (module, { maxHeapBytes = null, ...options }) =>
    new ThreadPool(
      { entry, module, storeUrl: 'sqlite::memory:', maxHeapBytes },
      { jobsPerExecutor: 1, recycleJobs: null, recycleBytes: null, logger: pino({ level: 'silent' }), ...options },
    ),
  { isApart: true },
)
