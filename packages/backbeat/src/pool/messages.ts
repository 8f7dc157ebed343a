import type { Assignment, Lease } from '../job/assignment.ts'
import type { Outcome } from '../job/outcome.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'

/** Why an attempt is to stop; errors lose their class on the way between threads. */
export type StopReason =
  | { kind: 'cancelled'; reason: string }
  | { kind: 'shutdown' }
  | { kind: 'lease_lost' }

/** What the worker tells an executor. */
export type ToExecutor =
  | { kind: 'run'; assignment: Assignment }
  | { kind: 'abort'; reason: StopReason }
  | { kind: 'stop' }
  | { kind: 'settled_items'; call: number; answer: Map<string, SettledItem> }
  | { kind: 'items_recorded'; call: number }
  | { kind: 'call_failed'; call: number; error: { code: string; message: string } }

/** What an executor tells the worker. */
export type ToWorker =
  | { kind: 'ready' }
  | { kind: 'load_failed'; error: { code: string; message: string; stack: string } }
  | { kind: 'outcome'; lease: Lease; outcome: Outcome }
  | { kind: 'report'; lease: Lease; report: Report }
  | { kind: 'find_settled_items'; call: number; lease: Lease; keys: string[] }
  | { kind: 'record_items'; call: number; lease: Lease; batch: ItemBatch }
