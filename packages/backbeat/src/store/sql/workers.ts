import { type Expression, type Kysely, sql } from 'kysely'
import type { WorkerOrders, WorkerRecord, WorkerReport } from '../store.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'
import type { WorkersTable } from './worker-tables.ts'

/** A time in milliseconds since 1970, or what the database reads it from. */
type Now = number | Expression<number>

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
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function listWorkers(db: Kysely<Tables>, now: Now): Promise<WorkerRecord[]> {
  const rows = await db
    .selectFrom('backbeat_workers')
    .selectAll()
    .select((row) => sql<number>`${now} - ${row.ref('heartbeat_at')}`.as('silent_for_ms'))
    .orderBy('name')
    .execute()
  return rows.map(workerOf)
}

export async function removeWorker(db: Kysely<Tables>, name: string): Promise<void> {
  await db.deleteFrom('backbeat_workers').where('name', '=', storableName(name)).execute()
}

export async function pruneWorkers(db: Kysely<Tables>, silentForMs: number, now: Now): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('backbeat_workers')
    .where((row) => sql<boolean>`${row.ref('heartbeat_at')} + ${silentForMs} < ${now}`)
    .executeTakeFirst()
  return Number(numDeletedRows)
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
