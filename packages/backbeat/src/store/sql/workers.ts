import { type Expression, type Kysely, sql } from 'kysely'
import type { WorkerOrders, WorkerRecord } from '../store.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'
import { ordersOf } from './worker-sql.ts'
import type { WorkersTable } from './worker-tables.ts'

/** A time in milliseconds since 1970, or what the database reads it from. */
type Now = number | Expression<number>

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

/** The versions of Backbeat that workers run or ran, by their names. */
export async function workerVersions(db: Kysely<Tables>, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const rows = await db.selectFrom('backbeat_workers').select(['name', 'version']).where('name', 'in', names).execute()
  return new Map(rows.map(({ name, version }) => [name, version]))
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
