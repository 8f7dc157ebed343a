import type { Lease } from '../../job/assignment.ts'
import type { HeartbeatRecords } from '../heartbeat-records.ts'
import { storableName } from '../sql/values.ts'
import { ordersOf, reportedValues, type WorkerSql, workerSql } from '../sql/worker-sql.ts'
import type { WorkersTable } from '../sql/worker-tables.ts'
import type { Renewal, WorkerOrders, WorkerReport } from '../store.ts'
import type { PostgresConnection } from './connection.ts'
import { explained } from './explained.ts'
import { type LeaseSql, leaseSql, renewLeases } from './leases.ts'
import { NOW, type StoreTime, tableNames } from './statements.ts'

type OrdersRow = Pick<WorkersTable, 'wanted_state' | 'wanted_slots'>

/** What a heartbeat writes to a Postgres database. */
export class PostgresHeartbeatRecords implements HeartbeatRecords {
  readonly #connection: PostgresConnection
  readonly #time: StoreTime
  readonly #leaseSql: LeaseSql
  readonly #workerSql: WorkerSql

  constructor(connection: PostgresConnection, time: StoreTime) {
    const tables = tableNames(connection.location.schema)
    this.#connection = connection
    this.#time = time
    this.#leaseSql = leaseSql(tables)
    this.#workerSql = workerSql({ table: tables.workers, mark: '$', now: NOW })
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<Renewal> {
    if (leases.length === 0) return { lost: [], cancelled: [] }
    return explained(this.#connection, () => renewLeases(this.#connection, this.#leaseSql, this.#time, leases, leaseMs))
  }

  async reportWorker(report: WorkerReport): Promise<WorkerOrders> {
    const values = [this.#time.parameter, ...reportedValues(report)]
    const { rows } = await this.#run<OrdersRow>(this.#workerSql.report, values)
    return ordersOf(rows[0])
  }

  async workerOrders(name: string): Promise<WorkerOrders> {
    const { rows } = await this.#run<OrdersRow>(this.#workerSql.orders, [storableName(name)])
    return ordersOf(rows[0])
  }

  async removeWorker(name: string): Promise<void> {
    await this.#run(this.#workerSql.remove, [this.#time.parameter, storableName(name)])
  }

  async pruneWorkers(silentForMs: number): Promise<number> {
    await this.#run(this.#workerSql.forget, [this.#time.parameter])
    const { rowCount } = await this.#run(this.#workerSql.giveUp, [this.#time.parameter, silentForMs])
    return rowCount
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #run<Row>(text: string, parameters: readonly unknown[]) {
    return explained(this.#connection, () => this.#connection.run<Row>(text, parameters))
  }
}
