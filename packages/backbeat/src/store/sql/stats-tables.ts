import type { Status } from '../../job/states.ts'
import type { SchemaWords } from './dialect.ts'

/** Tallies by the minute, for a day; by the hour, for good; and of all time, in one. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const ALL_TIME = 0

/** How many jobs of one task, and of one queue, came to rest in one state within one stretch of time. */
export interface StatsTable {
  /** The length of the stretch: {@link MINUTE_MS}, {@link HOUR_MS} or {@link ALL_TIME}. */
  span: number
  /** When it begins. */
  at: number
  task_type: string
  status: Status
  /** Empty where the stretch is longer than a minute: what is kept for good does not grow with the number of queues. */
  queue: string
  count: number
}

/** How far the tallies have come: one row. */
export interface StatsCursorTable {
  id: number
  /** Jobs that came to rest up to this time are in the tallies. */
  until: number
}

export function statsStatements({
  text,
  integer,
  keyedTable,
}: Pick<SchemaWords, 'text' | 'integer' | 'keyedTable'>): string[] {
  return [
    `CREATE TABLE backbeat_stats (
      span ${integer} NOT NULL,
      at ${integer} NOT NULL,
      task_type ${text} NOT NULL,
      status ${text} NOT NULL,
      queue ${text} NOT NULL,
      count ${integer} NOT NULL,
      PRIMARY KEY (span, at, task_type, status, queue)
    )${keyedTable}`,
    `CREATE TABLE backbeat_stats_cursor (id ${integer} PRIMARY KEY NOT NULL, until ${integer} NOT NULL)`,
    `INSERT INTO backbeat_stats_cursor (id, until) VALUES (1, 0)`,
    `CREATE INDEX backbeat_jobs_completed ON backbeat_jobs (completed_at) WHERE completed_at IS NOT NULL`,
  ]
}
