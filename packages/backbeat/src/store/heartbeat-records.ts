import type { JobExecution } from './job-execution.ts'
import type { WorkerRecords } from './worker-records.ts'

/** The part of a store that a worker's heartbeat needs. */
export interface HeartbeatRecords
  extends Pick<JobExecution, 'renew'>,
    Pick<WorkerRecords, 'reportWorker' | 'workerOrders' | 'removeWorker' | 'pruneWorkers'> {
  close(): Promise<void>
}
