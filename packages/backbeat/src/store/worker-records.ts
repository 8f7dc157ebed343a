/** What a worker does: takes jobs, finishes those it has, or leaves once it has finished them. */
export type WorkerState = 'running' | 'quiet' | 'stopping'

/** Who a worker is. */
export interface WorkerIdentity {
  /** Unique; job records name it. */
  name: string
  host: string
  pid: number
  /** Of Backbeat. */
  version: string
  /** `null` for every queue. */
  queues: readonly string[] | null
  /** Where its tasks run that do not say so themselves. */
  pool: string
  /** After so many milliseconds of silence its jobs are given to others. */
  leaseMs: number
}

/** What a worker says of itself every few seconds. */
export interface WorkerReport extends WorkerIdentity {
  state: WorkerState
  /** How many jobs it runs at the same time, at most. */
  slots: number
  /** How many it runs now. */
  running: number
  /** The resident memory of its process, in bytes. */
  memoryBytes: number
  /** How long its event loop took to answer, or has not answered, in milliseconds. */
  eventLoopLagMs: number
}

/** What operators want of a worker; `null` where they have said nothing. */
export interface WorkerOrders {
  state: WorkerState | null
  slots: number | null
}

/** A worker as the store knows it. */
export interface WorkerRecord extends WorkerReport {
  startedAt: number
  heartbeatAt: number
  /** How long ago that was by the store's own time, in milliseconds. */
  silentForMs: number
  orders: WorkerOrders
}

/** The workers that there are, and what operators ask of them. */
export interface WorkerRecords {
  /** Says that the worker lives; its first report makes it known. Answers what it is asked to do. */
  reportWorker(report: WorkerReport): Promise<WorkerOrders>
  /** What the worker is asked to do; nothing where it is not known. */
  workerOrders(name: string): Promise<WorkerOrders>
  /** Asks a worker for something, which it does within seconds; what is absent stays. Answers whether it is known. */
  orderWorker(name: string, orders: Partial<WorkerOrders>): Promise<boolean>
  /** Every worker that has not left, by name. */
  workers(): Promise<WorkerRecord[]>
  /** The worker has left. Its attempts tell its version for 90 days more. */
  removeWorker(name: string): Promise<void>
  /** Forgets those that have been silent for longer; answers how many. */
  pruneWorkers(silentForMs: number): Promise<number>
}
