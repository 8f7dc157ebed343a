import { mergeLanes } from '../sql/lanes.ts'
import type { RestrictedRow } from '../sql/restricted-row.ts'
import type { ClaimedRow } from '../sql/running-jobs.ts'

export interface OrderedRow {
  id: string
  queue: string
  priority: number
  run_at: number
  turn: number
}

export interface CandidateRow extends OrderedRow, RestrictedRow {}

export interface TakenRow extends OrderedRow, ClaimedRow {
  tenant: string | null
  started_at: number
}

/** A row on its way: what is as it mostly is, is null. */
export type SentRow = {
  [Column in keyof TakenRow]: TakenRow[Column] | (Column extends keyof typeof USUAL ? null : never)
}

/** What a claim answers about itself; `id` is null there, and these are null elsewhere. */
export interface AnswerRow {
  id: null
  due_wait: number | null
  seen: number
  guarded: boolean
}

const USUAL = {
  delivery: 1,
  attempt: 1,
  redeliveries: 0,
  tags: '[]',
  retry_scope: 'all',
  total_items: 0,
  processed_items: 0,
  successful_items: 0,
  failed_items: 0,
  priority: 0,
  turn: 0,
} as const

/** The row as it is stored. */
export function withUsual(row: SentRow): TakenRow {
  row.delivery ??= USUAL.delivery
  row.attempt ??= USUAL.attempt
  row.redeliveries ??= USUAL.redeliveries
  row.tags ??= USUAL.tags
  row.retry_scope ??= USUAL.retry_scope
  row.total_items ??= USUAL.total_items
  row.processed_items ??= USUAL.processed_items
  row.successful_items ??= USUAL.successful_items
  row.failed_items ??= USUAL.failed_items
  row.priority ??= USUAL.priority
  row.turn ??= USUAL.turn
  return row as TakenRow
}

/** Each queue in its own order, merged. */
export function inTurn<Row extends OrderedRow>(rows: readonly Row[]): Row[] {
  if (isInTurn(rows)) return rows as Row[]
  const lanes = Map.groupBy(rows, ({ queue }) => queue)
  return mergeLanes(
    [...lanes.values()].map((lane) => lane.sort(byTurn)),
    rows.length,
  )
}

/** Of one queue, and in order already, as rows mostly come. */
function isInTurn(rows: readonly OrderedRow[]): boolean {
  for (let at = 1; at < rows.length; at += 1) {
    const [before, row] = [rows[at - 1] as OrderedRow, rows[at] as OrderedRow]
    if (before.queue !== row.queue || byTurn(before, row) > 0) return false
  }
  return true
}

function byTurn(a: OrderedRow, b: OrderedRow): number {
  return b.priority - a.priority || a.turn - b.turn || a.run_at - b.run_at || (a.id < b.id ? -1 : 1)
}
