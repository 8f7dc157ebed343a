import type { Clock } from '../../clock.ts'
import type { Lease } from '../../job/assignment.ts'
import type { ItemBatch, Report, SettledItem } from '../../job/report.ts'
import type { AttemptTransaction, Settlement, SettlementResult } from '../store.ts'
import type { SqliteConnection } from './connection.ts'
import { findSettledItems, recordItemBatch } from './items.ts'
import { writeReport } from './report.ts'
import { settleAttempt } from './settle.ts'

/**
 * A transaction on a connection of its own, which is closed with it. The database is locked for
 * other writers all the while: a lock that is taken only at the first write may come too late for
 * what was read before it.
 */
export class SqliteAttemptTransaction implements AttemptTransaction {
  readonly #connection: SqliteConnection
  readonly #clock: Clock
  readonly handle: object
  /** There is nothing between us and the file. */
  readonly isLost = false

  constructor(connection: SqliteConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    this.handle = connection.database
    try {
      connection.database.exec('BEGIN IMMEDIATE')
    } catch (error) {
      connection.close()
      throw error
    }
  }

  async report(lease: Lease, report: Report): Promise<boolean> {
    return writeReport(this.#connection, lease, report)
  }

  async settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>> {
    return findSettledItems(this.#connection, lease, keys)
  }

  async recordItems(lease: Lease, batch: ItemBatch): Promise<boolean> {
    return recordItemBatch(this.#connection, lease, batch, this.#clock.now())
  }

  async settle(settlement: Settlement): Promise<SettlementResult> {
    return settleAttempt(this.#connection, settlement, this.#clock.now())
  }

  async commit(): Promise<void> {
    this.#connection.journalChanges()
    this.#connection.database.exec('COMMIT')
    this.#connection.close()
  }

  async rollback(): Promise<void> {
    this.#connection.close()
  }
}
