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
