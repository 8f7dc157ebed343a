import type { RetryScope } from '../../job/job.ts'
import type { Json } from '../../json.ts'
import { mergeLanes } from '../sql/lanes.ts'
import type { ClaimedJob } from '../store.ts'
import type { RestrictedRow } from './admissions.ts'

export interface OrderedRow {
  id: string
  queue: string
  priority: number
  run_at: number
  turn: number
}

export interface CandidateRow extends OrderedRow, RestrictedRow {}

export interface TakenRow extends OrderedRow {
  tenant: string | null
  delivery: number
  task_type: string
  input: string
  attempt: number
  max_attempts: number
  redeliveries: number
  max_redeliveries: number
  triggered_by: string
  tags: string
  retry_scope: RetryScope
  total_items: number
  processed_items: number
  successful_items: number
  failed_items: number
  unique_key: string | null
  started_at: number
}

export type AnswerRow = (TakenRow | { id: null }) & { due_wait: number | null; seen: number; guarded: boolean }

/** Each queue in its own order, merged. */
export function inTurn<Row extends OrderedRow>(rows: readonly Row[]): Row[] {
  const lanes = Map.groupBy(rows, ({ queue }) => queue)
  return mergeLanes(
    [...lanes.values()].map((lane) => lane.sort(byTurn)),
    rows.length,
  )
}

function byTurn(a: OrderedRow, b: OrderedRow): number {
  return b.priority - a.priority || a.turn - b.turn || a.run_at - b.run_at || (a.id < b.id ? -1 : 1)
}

export function claimedJobOf(row: TakenRow): ClaimedJob {
  return {
    jobId: row.id,
    delivery: row.delivery,
    taskType: row.task_type,
    queue: row.queue,
    input: JSON.parse(row.input) as Json,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    redeliveries: row.redeliveries,
    maxRedeliveries: row.max_redeliveries,
    triggeredBy: row.triggered_by,
    tags: row.tags === '[]' ? [] : (JSON.parse(row.tags) as string[]),
    retryScope: row.retry_scope,
    items: {
      total: row.total_items,
      processed: row.processed_items,
      successful: row.successful_items,
      failed: row.failed_items,
    },
    uniqueKey: row.unique_key,
    startedAt: row.started_at,
    inputLength: row.input.length,
  }
}
