import type { PoolClient } from 'pg'
import { BackbeatError } from '../../errors.ts'
import type { Lease } from '../../job/assignment.ts'
import type { ItemBatch, Report, SettledItem } from '../../job/report.ts'
import { isResting } from '../../job/states.ts'
import type { AttemptTransaction, Settlement, SettlementResult, StoreChange } from '../store.ts'
import { wroteOut } from './bulk-claims.ts'
import type { OpenTransaction, Rows, Session } from './connection.ts'
import { explainFault, leavesConnectionUsable } from './errors.ts'
import { findSettledItems, type ItemSql, recordItemsIn } from './items.ts'
import { type ReportSql, writeReports } from './report.ts'
import { PLANNING_HERE } from './session-settings.ts'
import { type SettleSql, settleIn } from './settle.ts'
import type { StoreTime } from './statements.ts'

export interface AttemptSql {
  settle: SettleSql
  item: ItemSql
  report: ReportSql
}

/** A transaction on a connection that nobody else uses meanwhile. */
export class PostgresAttemptTransaction implements AttemptTransaction, Session {
  readonly handle: object
  readonly #transaction: OpenTransaction
  readonly #sql: AttemptSql
  readonly #time: StoreTime
  readonly #shown: string
  readonly #tell: (change: StoreChange) => void
  readonly #changes = new Set<StoreChange>()
  readonly #outside: Session
  #isWrittenOut = false
  #isOpen = true
  #isLost = false
  #plansAreOurs = false

  /**
   * @param shown names the store in errors
   * @param tell is told of what changed, after the commit
   * @param outside for what is to be seen before the commit
   */
  constructor(
    transaction: OpenTransaction,
    sql: AttemptSql,
    time: StoreTime,
    shown: string,
    tell: (change: StoreChange) => void,
    outside: Session,
  ) {
    this.#outside = outside
    this.#transaction = transaction
    this.#sql = sql
    this.#time = time
    this.#shown = shown
    this.#tell = tell
    this.handle = lendClient(transaction.client, () => this.#isOpen)
  }

  get isLost(): boolean {
    return this.#isLost
  }

  report(lease: Lease, report: Report): Promise<boolean> {
    return this.#explained(async () => (await writeReports(this, this.#sql.report, [{ lease, report }])).length === 0)
  }

  settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>> {
    return this.#explained(() => findSettledItems(this, this.#sql.item, lease, keys))
  }

  recordItems(lease: Lease, batch: ItemBatch): Promise<boolean> {
    return this.#explained(async () => {
      await this.#writeOut(lease)
      return recordItemsIn(this, this.#sql.item, this.#time, lease, batch)
    })
  }

  settle(settlement: Settlement): Promise<SettlementResult> {
    return this.#explained(async () => {
      const { results, unblocked } = await settleIn(this, this.#sql.settle, this.#time, [settlement])
      const [result = { kind: 'refused' }] = results
      if (result.kind === 'written') this.#changes.add(isResting(settlement.changes.status) ? 'rested' : 'ready')
      if (unblocked > 0) this.#changes.add('ready')
      return result
    })
  }

  /** Where the answer is lost, it is not known whether it was kept; the connection is then not used again. */
  async commit(): Promise<void> {
    await this.#explained(async () => {
      if (!this.#isOpen) throw ended()
      this.#isOpen = false
      let command = ''
      try {
        command = (await this.#transaction.run('COMMIT')).command
      } catch (error) {
        this.#isLost = !leavesConnectionUsable(error)
        throw error
      } finally {
        this.#transaction.release(command !== '')
      }
      // The server's answer to a commit after a statement that failed.
      if (command !== 'COMMIT') throw undone()
    })
    for (const change of this.#changes) this.#tell(change)
  }

  async rollback(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    // Without an answer the connection is closed, which undoes the transaction as well.
    const isUsable = await this.#transaction.run('ROLLBACK').then(
      () => true,
      () => false,
    )
    this.#isLost = !isUsable
    this.#transaction.release(isUsable)
  }

  async run<Row>(text: string, parameters: readonly unknown[] = []): Promise<Rows<Row>> {
    if (!this.#isOpen) throw ended()
    if (!this.#plansAreOurs) {
      // Not from the beginning: the task's statements are planned as its own database would.
      await this.#transaction.run(PLANNING_HERE)
      this.#plansAreOurs = true
    }
    return this.#transaction.run<Row>(text, parameters)
  }

  /**
   * Before this transaction locks the job's row for as long as it lasts: a row that does not say that the job runs is
   * waited for by whoever writes out its claim, and that is the heartbeat of all its worker's jobs.
   */
  async #writeOut(lease: Lease): Promise<void> {
    if (this.#isWrittenOut) return
    await wroteOut(this.#outside, this.#sql.settle.writeOut, [lease])
    this.#isWrittenOut = true
  }

  async #explained<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw explainFault(error, this.#shown)
    }
  }
}

/**
 * The client as a task may use it: not to give it back, and not once the transaction has ended, when
 * its connection is someone else's.
 */
function lendClient(client: PoolClient, isOpen: () => boolean): object {
  return new Proxy(client, {
    get(target, name) {
      if (name === 'release' || name === 'end') return () => {}
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        if (!isOpen()) throw ended()
        return Reflect.apply(value, target, parameters)
      }
    },
  })
}

function ended(): BackbeatError {
  return new BackbeatError(
    'transaction_ended',
    'The transaction of this attempt has ended. Use ctx.tx only while the task runs, and await every statement.',
  )
}

function undone(): BackbeatError {
  return new BackbeatError(
    'transaction_undone',
    'The database undid the transaction in the place of its commit, because a statement in it had failed. Let the error of a statement end the task, or use a savepoint.',
  )
}
