import type { WorkerState } from '../store.ts'
import type { SchemaWords } from './dialect.ts'

/** One row for each worker that works, or has left not long ago: its attempts name it. */
export interface WorkersTable {
  name: string
  host: string
  pid: number
  version: string
  /** json: text[], or null for every queue */
  queues: string | null
  pool: string
  lease_ms: number
  state: WorkerState
  slots: number
  running: number
  memory_bytes: number
  event_loop_lag_ms: number
  started_at: number
  heartbeat_at: number
  /** Since when it is gone; null while it works. */
  left_at: number | null
  /** What operators want; null where they have said nothing. */
  wanted_state: WorkerState | null
  wanted_slots: number | null
}

export function workerStatements({
  text,
  integer,
  keyedTable,
}: Pick<SchemaWords, 'text' | 'integer' | 'keyedTable'>): string[] {
  return [
    `CREATE TABLE backbeat_workers (
      name ${text} PRIMARY KEY NOT NULL,
      host ${text} NOT NULL,
      pid ${integer} NOT NULL,
      version ${text} NOT NULL,
      queues ${text},
      pool ${text} NOT NULL,
      lease_ms ${integer} NOT NULL,
      state ${text} NOT NULL,
      slots ${integer} NOT NULL,
      running ${integer} NOT NULL,
      memory_bytes ${integer} NOT NULL,
      event_loop_lag_ms ${integer} NOT NULL,
      started_at ${integer} NOT NULL,
      heartbeat_at ${integer} NOT NULL,
      left_at ${integer},
      wanted_state ${text},
      wanted_slots ${integer}
    )${keyedTable}`,
  ]
}
