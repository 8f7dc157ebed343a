import { type BulkClaim, holdBy } from '../sql/bulk-leases.ts'
import { mergeLanes } from '../sql/lanes.ts'
import type { RestrictedRow } from '../sql/restricted-row.ts'
import { claimedJobOf, type Kind, plainJobOf } from '../sql/running-jobs.ts'
import type { JobsTable } from '../sql/tables.ts'
import type { ClaimedJob } from '../store.ts'

export interface OrderedRow {
  id: string
  queue: string
  priority: number
  run_at: number
  turn: number
}

export interface CandidateRow extends OrderedRow, RestrictedRow {}

/** A job that was claimed, with what its place in line goes by. */
export interface TakenRow extends OrderedRow {
  tenant: string | null
  job: ClaimedJob
}

/**
 * A row on its way. The last is an {@link ApartRow} as JSON, or null where the job is plain and of the kind that was
 * named. Its delivery is none where it was claimed in bulk.
 */
export type SentRow = readonly [id: string, input: string, runAt: number, apart: string | null]

/** The same as an object, where a transaction that is open is asked. */
export interface SentObject {
  id: string
  input: string
  run_at: number
  apart: string | null
}

/** The row about the claim itself, in JSON in the place of the input. */
export type AnswerRow = readonly [id: null, answer: string, runAt: null, apart: null]
export type ClaimAnswer = readonly [
  dueWait: number | null,
  seen: number,
  guarded: boolean,
  now: number,
  claim: number | null,
]

/** What is told of a job that is not plain, besides its id, its input and its time. */
export const APART_COLUMNS = [
  'queue',
  'task_type',
  'triggered_by',
  'max_attempts',
  'max_redeliveries',
  'delivery',
  'attempt',
  'redeliveries',
  'tags',
  'retry_scope',
  'total_items',
  'processed_items',
  'successful_items',
  'failed_items',
  'unique_key',
  'tenant',
  'priority',
  'turn',
  'started_at',
] as const
type ApartRow = Pick<JobsTable, (typeof APART_COLUMNS)[number]> & { started_at: number }

export function kindOf({ queue, taskType, triggeredBy, maxAttempts, maxRedeliveries }: ClaimedJob): Kind {
  return { queue, taskType, triggeredBy, maxAttempts, maxRedeliveries }
}

/** @param kind that need not be told; `null` to be told everything of each job */
export function kindParameters(kind: Kind | null): unknown[] {
  return kind
    ? [kind.queue, kind.taskType, kind.triggeredBy, kind.maxAttempts, kind.maxRedeliveries]
    : [null, null, null, null, null]
}

/** Whether everything is told of the job. */
export function isApart([, , , apart]: SentRow): boolean {
  return apart !== null
}

/**
 * The job of a row.
 *
 * @param kind that was named in the parameters
 * @param now when those were started whose rows do not say it
 * @param claim by which those are held that were claimed in bulk
 */
export function takenRowOf(
  [id, input, run_at, apart]: SentRow,
  kind: Kind | null,
  now: number,
  claim?: BulkClaim,
): TakenRow {
  if (apart === null && kind) {
    const { queue } = kind
    const job = plainJobOf(kind, id, input, now)
    // In a bulk claim, whatever was written to its row is told.
    if (claim) holdBy(job, claim)
    return { id, queue, priority: 0, run_at, turn: 0, tenant: null, job }
  }
  const row = JSON.parse(String(apart)) as ApartRow
  const { queue, priority, turn, tenant, delivery, attempt, started_at } = row
  const [first, since] = delivery === 0 ? [1, now] : [attempt, started_at]
  const job = claimedJobOf({ ...row, id, input }, Math.max(1, delivery), first, since)
  if (claim && delivery === 0) holdBy(job, claim)
  return { id, queue, priority, run_at, turn, tenant, job }
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
