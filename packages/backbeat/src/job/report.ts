import type { Json } from '../json.ts'
import type { ItemCounts, LogLevel, RecordedError } from './job.ts'

/** How far an attempt is. Only the latest matters. */
export interface Progress {
  /** A whole number from 0 to 100. */
  percent: number
  message: string | null
  meta: Json
}

export interface NewLogLine {
  at: number
  level: LogLevel
  message: string
  fields: Json
}

/** What an attempt tells in passing; nothing waits for it. */
export interface Report {
  progress?: Progress
  logs: NewLogLine[]
}

/** How one item ended. */
export interface ItemOutcome {
  key: string
  position: number
  attempts: number
  /** Absent where the item succeeded. */
  error?: RecordedError
}

/** Outcomes of items, with the job's counts once they are included. */
export interface ItemBatch {
  outcomes: ItemOutcome[]
  counts: ItemCounts
  message: string | null
}

/**
 * Why an item need not be worked on: it has an outcome from an earlier delivery (`done`) or from
 * this one (`repeated`), or it is outside the job's retry scope (`excluded`).
 */
export type SettledItem = 'done' | 'repeated' | 'excluded'
