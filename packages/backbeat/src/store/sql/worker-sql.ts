import type { WorkerOrders, WorkerReport } from '../store.ts'
import type { SqlValue } from './steps.ts'
import { storableName } from './values.ts'
import type { WorkersTable } from './worker-tables.ts'

/** So long what a worker was is known to its attempts after it has left. */
const KEPT_MS = 90 * 86_400_000

const REPORTED = [
  'name',
  'host',
  'pid',
  'version',
  'queues',
  'pool',
  'lease_ms',
  'state',
  'slots',
  'running',
  'memory_bytes',
  'event_loop_lag_ms',
] as const satisfies (keyof WorkersTable)[]

export type WorkerSql = ReturnType<typeof workerSql>

/**
 * What a worker says of itself, in either database. The first parameter is the time, but for `orders`,
 * which needs none.
 *
 * @param mark what a parameter's number follows
 * @param now the time that the first parameter says
 */
export function workerSql({ table, mark, now }: { table: string; mark: '?' | '$'; now: string }) {
  const reported = REPORTED.map((_, index) => `${mark}${index + 2}`)
  const changed = REPORTED.filter((column) => column !== 'name').map((column) => `${column} = excluded.${column}`)
  // Orders end with the worker that they were given to.
  const leave = `UPDATE ${table} SET left_at = ${now}, wanted_state = NULL, wanted_slots = NULL`
  return {
    /** Parameters: those of {@link reportedValues}. */
    report: `
      INSERT INTO ${table} (${REPORTED.join(', ')}, started_at, heartbeat_at)
      VALUES (${reported.join(', ')}, ${now}, ${now})
      ON CONFLICT (name) DO UPDATE SET ${changed.join(', ')}, heartbeat_at = excluded.heartbeat_at, left_at = NULL
      RETURNING wanted_state, wanted_slots`,
    /** Parameter: the name. */
    orders: `SELECT wanted_state, wanted_slots FROM ${table} WHERE name = ${mark}1 AND left_at IS NULL`,
    /** Parameter: the name. */
    remove: `${leave} WHERE name = ${mark}2`,
    /** Parameter: for how long they were silent. */
    giveUp: `${leave} WHERE left_at IS NULL AND heartbeat_at + ${mark}2 < ${now}`,
    forget: `DELETE FROM ${table} WHERE left_at + ${KEPT_MS} < ${now}`,
  }
}

export function reportedValues(report: WorkerReport): SqlValue[] {
  const values: Record<(typeof REPORTED)[number], SqlValue> = {
    name: storableName(report.name),
    host: storableName(report.host),
    pid: report.pid,
    version: report.version,
    queues: report.queues && JSON.stringify(report.queues),
    pool: report.pool,
    lease_ms: report.leaseMs,
    state: report.state,
    slots: report.slots,
    running: report.running,
    memory_bytes: Math.round(report.memoryBytes),
    event_loop_lag_ms: Math.round(report.eventLoopLagMs),
  }
  return REPORTED.map((column) => values[column])
}

/** What a row says, or that there is none. */
export function ordersOf(row: Pick<WorkersTable, 'wanted_state' | 'wanted_slots'> | undefined): WorkerOrders {
  return { state: row?.wanted_state ?? null, slots: row?.wanted_slots ?? null }
}
