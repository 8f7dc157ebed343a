import type { LogLevel, RetryScope } from '../job/job.ts'
import type { Json } from '../json.ts'
import type { RetryOptions } from './retry.ts'

/**
 * What an application opens once for each executor and finds on `ctx`. Declare yours:
 *
 * @example
 * declare module 'backbeat' {
 *   interface Resources { db: ShopDatabase }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the application
export interface Resources {}

/**
 * What `ctx.tx` is: declare it as your database library does.
 *
 * @example
 * declare module 'backbeat' {
 *   interface TaskTransaction extends DatabaseSync {}
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the application
export interface TaskTransaction {}

/** What a task's `run` gets besides its input. */
export interface TaskContext {
  /** Which job and attempt this is. */
  readonly job: RunningJobInfo
  /**
   * Aborts at the soft time limit, on cancellation, at shutdown and when the lease is lost. Its
   * `reason` is the coded error that says which. Pass it on to `fetch` and the like.
   */
  readonly signal: AbortSignal
  /**
   * The transaction that a `transactional` task runs in: a `DatabaseSync` on SQLite, a `pg` client
   * on Postgres. Neither commit it nor roll it back.
   *
   * @throws BackbeatError `not_transactional` in any other task
   */
  readonly tx: TaskTransaction
  /** Writes to the job's own log, bounded to ten thousand lines. */
  readonly log: TaskLog
  /**
   * Shows how far the work is: a percentage from 0 to 100, or a count. Cheap to call often; only
   * the latest is written, a few times a second.
   *
   * @example ctx.progress({ current: 5, total: 11 }, 'file 5 of 11')
   */
  progress(at: number | { current: number; total: number }, message?: string, meta?: Json): void
  /**
   * Works through `source` one item at a time and records each item's outcome by its key. A failed
   * item does not stop the others; the job then ends `completed_with_warnings`. A later attempt
   * goes on with the items that have no outcome yet.
   *
   * @throws the signal's reason when the attempt is to stop; what is done by then is recorded
   * @throws BackbeatError `invalid_item_key` where a key is not a non-empty text of at most 500 characters
   * @example
   * await ctx.items(rows, (row) => ctx.db.upsertProduct(row), { key: (row) => row.sku, batch: 500 })
   */
  items<T>(source: ItemSource<T>, fn: ItemFunction<T>, options: ItemOptions<T>): Promise<ItemsSummary>
}

export interface RunningJobInfo {
  readonly id: string
  readonly taskType: string
  readonly queue: string
  /** From 1. */
  readonly attempt: number
  readonly maxAttempts: number
  /** How often the job was handed out again because a worker vanished. */
  readonly redeliveries: number
  readonly triggeredBy: string
  readonly tags: readonly string[]
  /** `failed_items` when only the items that failed in an earlier job are to be worked on. */
  readonly retryScope: RetryScope
}

export type TaskLog = Record<LogLevel, (message: string, fields?: { [key: string]: Json }) => void>

/** Arrays, iterables, async iterables and Node streams. */
export type ItemSource<T> = Iterable<T> | AsyncIterable<T>

export type ItemFunction<T> = (item: T, info: ItemInfo) => unknown

export interface ItemInfo {
  /** The item's place in the source, from 0. */
  readonly position: number
  /** Which try of this item it is, from 1. */
  readonly attempt: number
  readonly signal: AbortSignal
}

export interface ItemOptions<T> {
  /** What names an item across attempts: unique in the source, and the same when it is read again. */
  key: (item: T, position: number) => string
  /** How many items are recorded together. Default: 100. */
  batch?: number
  /** How many items are worked on at the same time. Default: 1. */
  concurrency?: number
  /** How many items there will be. Default: the source's length, where it has one. */
  total?: number
  /** How an item that fails is tried again, within this attempt. Default: not at all. */
  retry?: RetryOptions
  /** What progress says after each batch. Default: `batch 5 of 11`. */
  message?: (at: { batch: number; batches: number | null; processed: number; failed: number }) => string
}

/** The job's item counts so far, those of earlier attempts included. */
export interface ItemsSummary {
  total: number
  processed: number
  successful: number
  failed: number
  /** Items whose key had been used by an earlier one; they were not worked on. */
  duplicates: number
}
