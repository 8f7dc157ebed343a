import type { Clock } from '../../clock.ts'
import type { Lease } from '../../job/assignment.ts'
import type { HeartbeatRecords } from '../heartbeat-records.ts'
import { storableName } from '../sql/values.ts'
import { ordersOf, reportedValues, workerSql } from '../sql/worker-sql.ts'
import type { Renewal, WorkerOrders, WorkerReport } from '../store.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { SqliteConnection } from './connection.ts'
import { renewLeases } from './leases.ts'
import { patiently } from './patience.ts'

const SQL = workerSql({ table: 'backbeat_workers', mark: '?', now: '?1' })

/** What a heartbeat writes to a SQLite database. */
export class SqliteHeartbeatRecords implements HeartbeatRecords {
  readonly #connection: SqliteConnection
  readonly #clock: Clock
  readonly #helped: Checkpoints | undefined
  #isClosed = false

  /** @param helped of the writer that this does the checkpoints for */
  constructor(connection: SqliteConnection, clock: Clock, helped?: Checkpoints) {
    this.#connection = connection
    this.#clock = clock
    this.#helped = helped
    if (helped) void this.#help(helped)
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<Renewal> {
    if (leases.length === 0) return { lost: [], cancelled: [] }
    return this.#run(() =>
      this.#connection.write(() => renewLeases(this.#connection, leases, leaseMs, this.#clock.now())),
    )
  }

  reportWorker(report: WorkerReport): Promise<WorkerOrders> {
    return this.#run(() => {
      const row = this.#connection.statement(SQL.report).get(this.#clock.now(), ...reportedValues(report))
      return ordersOf(row as never)
    })
  }

  workerOrders(name: string): Promise<WorkerOrders> {
    return this.#run(() => ordersOf(this.#connection.statement(SQL.orders).get(storableName(name)) as never))
  }

  removeWorker(name: string): Promise<void> {
    return this.#run(() => void this.#connection.statement(SQL.remove).run(this.#clock.now(), storableName(name)))
  }

  pruneWorkers(silentForMs: number): Promise<number> {
    return this.#run(() => {
      const now = this.#clock.now()
      this.#connection.statement(SQL.forget).run(now)
      return Number(this.#connection.statement(SQL.giveUp).run(now, silentForMs).changes)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#helped?.help(false)
    this.#connection.close()
  }

  async #help(checkpoints: Checkpoints): Promise<void> {
    checkpoints.help(true)
    for (;;) {
      await checkpoints.due()
      if (this.#isClosed) return
      try {
        this.#connection.checkpoint()
      } catch {
        // Whatever is wrong with the file, the writer meets it too, and says so.
      }
    }
  }

  #run<Result>(work: () => Result): Promise<Result> {
    return patiently(this.#connection.url, work)
  }
}
