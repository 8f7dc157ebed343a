import type { RestrictedRow } from '../sql/restricted-row.ts'
import type { ClaimedRow } from '../sql/running-jobs.ts'
import type { JobsTable } from '../sql/tables.ts'

/** A job that may be claimed, with what deciding so and handing it over need. */
export interface ReadyRow
  extends RestrictedRow,
    ClaimedRow,
    Pick<JobsTable, 'delivery' | 'attempt' | 'priority' | 'run_at' | 'turn' | 'tenant' | 'started_at'> {
  rowid: number
}

const COLUMNS = [
  'rowid',
  'id',
  'queue',
  'priority',
  'run_at',
  'turn',
  'tenant',
  'expires_at',
  'restrictions',
  'start_reserved',
  'delivery',
  'task_type',
  'input',
  'attempt',
  'max_attempts',
  'redeliveries',
  'max_redeliveries',
  'triggered_by',
  'tags',
  'retry_scope',
  'total_items',
  'processed_items',
  'successful_items',
  'failed_items',
  'unique_key',
  'started_at',
] as const

type ValuesOf<Columns extends readonly (keyof ReadyRow)[]> = { [At in keyof Columns]: ReadyRow[Columns[At]] }

export const READY_COLUMNS = COLUMNS.join(', ')

/**
 * The row of these values, which are those of {@link READY_COLUMNS}. Rows that the driver gives as objects
 * take twice as long to make and to read.
 */
export function readyRowOf(values: readonly unknown[]): ReadyRow {
  const [
    rowid,
    id,
    queue,
    priority,
    run_at,
    turn,
    tenant,
    expires_at,
    restrictions,
    start_reserved,
    delivery,
    task_type,
    input,
    attempt,
    max_attempts,
    redeliveries,
    max_redeliveries,
    triggered_by,
    tags,
    retry_scope,
    total_items,
    processed_items,
    successful_items,
    failed_items,
    unique_key,
    started_at,
  ] = values as unknown as ValuesOf<typeof COLUMNS>
  return {
    rowid,
    id,
    queue,
    priority,
    run_at,
    turn,
    tenant,
    expires_at,
    restrictions,
    start_reserved,
    delivery,
    task_type,
    input,
    attempt,
    max_attempts,
    redeliveries,
    max_redeliveries,
    triggered_by,
    tags,
    retry_scope,
    total_items,
    processed_items,
    successful_items,
    failed_items,
    unique_key,
    started_at,
  }
}
