import { type Expression, type Kysely, sql } from 'kysely'
import type { WorkerOrders, WorkerRecord, WorkerReport } from '../store.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'
import type { WorkersTable } from './worker-tables.ts'

/** A time in milliseconds since 1970, or what the database reads it from. */
type Now = number | Expression<number>

/** So long what a worker was is known to its attempts after it has left. */
const KEPT_MS = 90 * 86_400_000

const NO_ORDERS: WorkerOrders = { state: null, slots: null }

/** Says that a worker lives, and answers what it is asked to do. */
export async function reportWorker(db: Kysely<Tables>, report: WorkerReport, now: Now): Promise<WorkerOrders> {
  const reported = {
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
    heartbeat_at: now,
    left_at: null,
  }
  const row = await db
    .insertInto('backbeat_workers')
    .values({ name: storableName(report.name), ...reported, started_at: now })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(reported))
    .returning(['wanted_state', 'wanted_slots'])
    .executeTakeFirst()
  return row ? ordersOf(row) : NO_ORDERS
}

export async function workerOrders(db: Kysely<Tables>, name: string): Promise<WorkerOrders> {
  const row = await db
    .selectFrom('backbeat_workers')
    .select(['wanted_state', 'wanted_slots'])
    .where('name', '=', storableName(name))
    .where('left_at', 'is', null)
    .executeTakeFirst()
  return row ? ordersOf(row) : NO_ORDERS
}

export async function orderWorker(db: Kysely<Tables>, name: string, orders: Partial<WorkerOrders>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('backbeat_workers')
    .set({
      // Set to itself, so that an order that asks for nothing still tells whether the worker is known.
      name: sql<string>`name`,
      ...(orders.state !== undefined && { wanted_state: orders.state }),
      ...(orders.slots !== undefined && { wanted_slots: orders.slots }),
    })
    .where('name', '=', storableName(name))
    .where('left_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function listWorkers(db: Kysely<Tables>, now: Now): Promise<WorkerRecord[]> {
  const rows = await db
    .selectFrom('backbeat_workers')
    .selectAll()
    .select((row) => sql<number>`${now} - ${row.ref('heartbeat_at')}`.as('silent_for_ms'))
    .where('left_at', 'is', null)
    .orderBy('name')
    .execute()
  return rows.map(workerOf)
}

/** Orders end with the worker that they were given to. */
export async function removeWorker(db: Kysely<Tables>, name: string, now: Now): Promise<void> {
  await db
    .updateTable('backbeat_workers')
    .set({ left_at: now, wanted_state: null, wanted_slots: null })
    .where('name', '=', storableName(name))
    .execute()
}

/** The versions of Backbeat that workers run or ran, by their names. */
export async function workerVersions(db: Kysely<Tables>, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const rows = await db.selectFrom('backbeat_workers').select(['name', 'version']).where('name', 'in', names).execute()
  return new Map(rows.map(({ name, version }) => [name, version]))
}

export async function pruneWorkers(db: Kysely<Tables>, silentForMs: number, now: Now): Promise<number> {
  await db
    .deleteFrom('backbeat_workers')
    .where((row) => sql<boolean>`${row.ref('left_at')} + ${sql.lit(KEPT_MS)} < ${now}`)
    .execute()
  const { numUpdatedRows } = await db
    .updateTable('backbeat_workers')
    .set({ left_at: now, wanted_state: null, wanted_slots: null })
    .where('left_at', 'is', null)
    .where((row) => sql<boolean>`${row.ref('heartbeat_at')} + ${silentForMs} < ${now}`)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

function ordersOf(row: Pick<WorkersTable, 'wanted_state' | 'wanted_slots'>): WorkerOrders {
  return { state: row.wanted_state, slots: row.wanted_slots }
}

function workerOf(row: WorkersTable & { silent_for_ms: number }): WorkerRecord {
  return {
    name: row.name,
    host: row.host,
    pid: row.pid,
    version: row.version,
    queues: row.queues === null ? null : (JSON.parse(row.queues) as string[]),
    pool: row.pool,
    leaseMs: row.lease_ms,
    state: row.state,
    slots: row.slots,
    running: row.running,
    memoryBytes: row.memory_bytes,
    eventLoopLagMs: row.event_loop_lag_ms,
    startedAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    silentForMs: Math.max(0, Number(row.silent_for_ms)),
    orders: ordersOf(row),
  }
}
