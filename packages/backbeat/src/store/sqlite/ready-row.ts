import type { RestrictedRow } from '../sql/restricted-row.ts'
import { type ClaimedRow, claimedJobOf, plainJobOf } from '../sql/running-jobs.ts'
import type { JobsTable } from '../sql/tables.ts'
import type { ClaimedJob } from '../store.ts'

/** A job that may be claimed, with what deciding so needs. */
export interface ReadyRow
  extends RestrictedRow,
    Pick<JobsTable, 'priority' | 'run_at' | 'turn' | 'tenant' | (typeof PLAIN_COLUMNS)[number]> {
  rowid: number
  queue: string
  /** What else handing it over needs; `null` where that is what most jobs have. */
  apart: ApartRow | null
}

type ApartRow = Pick<JobsTable, (typeof APART_COLUMNS)[number]>

const PLAIN_COLUMNS = [
  'id',
  'input',
  'run_at',
  'task_type',
  'triggered_by',
  'max_attempts',
  'max_redeliveries',
] as const
const APART_COLUMNS = [
  'priority',
  'turn',
  'tenant',
  'expires_at',
  'restrictions',
  'start_reserved',
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
  'started_at',
] as const satisfies (keyof JobsTable)[]

/** A job that was never started, is to be kept from nothing, and has nothing of its own but what is read of all. */
const IS_PLAIN = `
  delivery = 0 AND priority = 0 AND tags = '[]' AND retry_scope = 'all' AND expires_at IS NULL AND unique_key IS NULL
  AND restrictions IS NULL AND tenant IS NULL AND total_items = 0`

/** What is read of each job: to read all that a few of them need took as long as to claim it. */
export const READY_COLUMNS = `rowid, ${PLAIN_COLUMNS.join()},
  CASE WHEN ${IS_PLAIN} THEN NULL ELSE json_object(${APART_COLUMNS.map((column) => `'${column}', ${column}`).join()}) END`

type ReadyValues = readonly [
  rowid: number,
  id: string,
  input: string,
  runAt: number,
  taskType: string,
  triggeredBy: string,
  maxAttempts: number,
  maxRedeliveries: number,
  apart: string | null,
]

/** The row of these values, which are those of {@link READY_COLUMNS}. Rows that the driver gives as objects take longer to read. */
export function readyRowOf(values: readonly unknown[], queue: string): ReadyRow {
  const [rowid, id, input, runAt, taskType, triggeredBy, maxAttempts, maxRedeliveries, others] = values as ReadyValues
  const apart = others === null ? null : (JSON.parse(others) as ApartRow)
  return {
    rowid,
    id,
    queue,
    input,
    run_at: runAt,
    task_type: taskType,
    triggered_by: triggeredBy,
    max_attempts: maxAttempts,
    max_redeliveries: maxRedeliveries,
    priority: apart?.priority ?? 0,
    turn: apart?.turn ?? 0,
    tenant: apart?.tenant ?? null,
    expires_at: apart?.expires_at ?? null,
    restrictions: apart?.restrictions ?? null,
    start_reserved: apart?.start_reserved ?? 0,
    apart,
  }
}

/** Whether no statement but a claim starts, moves or replaces it while it waits. */
export function isBulkClaimable({ apart }: ReadyRow): boolean {
  if (!apart) return true
  const { delivery, unique_key, tenant, restrictions, expires_at } = apart
  return delivery === 0 && unique_key === null && tenant === null && restrictions === null && expires_at === null
}

/** The job as its claim hands it over. */
export function claimedOf(row: ReadyRow, now: number): ClaimedJob {
  const { apart } = row
  if (!apart) return plainJobOf(kindOfRow(row), row.id, row.input, now)
  const claimed: ClaimedRow = { ...apart, ...row }
  return claimedJobOf(claimed, apart.delivery + 1, apart.attempt + 1, apart.started_at ?? now)
}

function kindOfRow({ queue, task_type, triggered_by, max_attempts, max_redeliveries }: ReadyRow) {
  return {
    queue,
    taskType: task_type,
    triggeredBy: triggered_by,
    maxAttempts: max_attempts,
    maxRedeliveries: max_redeliveries,
  }
}
