import type { Assignment, Lease } from '../job/assignment.ts'
import type { RecordedError } from '../job/job.ts'
import type { Ending } from '../job/outcome.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'

/** Why an attempt is to stop; errors lose their class on the way between executors. */
export type StopReason = { kind: 'cancelled'; reason: string } | { kind: 'shutdown' } | { kind: 'lease_lost' }

/** What an executor could still say about its own end. */
export interface Crash {
  /** The attempt whose code it was; `null` where that is not known. */
  lease: Lease | null
  /** What nobody caught; `null` where the executor was told to exit. */
  error: RecordedError | null
}

/** What the worker tells an executor. */
export type ToExecutor =
  | { kind: 'run'; assignment: Assignment }
  | { kind: 'abort'; lease: Lease; reason: StopReason }
  | { kind: 'stop' }
  | RecorderAnswer

/** The answer to what an attempt asked of its recorder. */
export type RecorderAnswer = { lease: Lease; call: number } & (
  | { kind: 'settled_items'; answer: Map<string, SettledItem> }
  | { kind: 'items_recorded' }
  | { kind: 'call_failed'; error: { code: string; message: string } }
)

/** What an executor tells the worker. */
export type ToWorker =
  | { kind: 'ready' }
  | { kind: 'load_failed'; error: { code: string; message: string; stack: string } }
  | { kind: 'outcome'; lease: Lease; outcome: Ending }
  | { kind: 'memory'; bytes: number }
  | { kind: 'crashed'; crash: Crash }
  | RecorderCall

/** What an attempt tells or asks its recorder. */
export type RecorderCall = { lease: Lease } & (
  | { kind: 'report'; report: Report }
  | { kind: 'find_settled_items'; call: number; keys: string[] }
  | { kind: 'record_items'; call: number; batch: ItemBatch }
)

/** What an executor is started with. Plain data. */
export interface ExecutorSettings {
  /** The URL of the application's module. */
  module: string
  /** Opens the store again, for transactional tasks. */
  storeUrl: string
  /** Whether it tells how much memory it uses each time that attempts have ended. */
  tellsMemory: boolean
}

/** Names an attempt among those of an executor. */
export function leaseKey({ jobId, delivery }: Lease): string {
  return `${jobId}:${delivery}`
}
