import type { Clock, Timer } from '../../clock.ts'
import type { Settlement, SettlementResult } from '../store.ts'
import { type BulkClaim, finishedClaims, type WriteOutSql } from './bulk-claims.ts'
import type { PostgresConnection } from './connection.ts'
import type { StoreTime } from './statements.ts'

/** A job that takes longer than this is not quick, and is to be seen to run. */
const WRITE_OUT_MS = 500

/** The bulk claims of this process: one that lasts is written out, and of one that is over the record goes. */
export class OpenClaims {
  readonly #connection: PostgresConnection
  readonly #sql: WriteOutSql
  readonly #time: StoreTime
  readonly #clock: Clock
  readonly #onWrittenOut: () => void
  readonly #timers = new Map<number, Timer>()
  #finished: number[] = []

  /** @param onWrittenOut is told when jobs are seen to run */
  constructor(
    connection: PostgresConnection,
    sql: WriteOutSql,
    time: StoreTime,
    clock: Clock,
    onWrittenOut: () => void,
  ) {
    this.#connection = connection
    this.#sql = sql
    this.#time = time
    this.#clock = clock
    this.#onWrittenOut = onWrittenOut
  }

  /** Those whose jobs are all settled, and whose records may go. */
  get finished(): readonly number[] {
    return [...this.#finished]
  }

  /** Notes that the records of these are gone. */
  forget(finished: readonly number[]): void {
    if (finished.length > 0) this.#finished = this.#finished.filter((id) => !finished.includes(id))
  }

  add({ id }: BulkClaim): void {
    this.#timers.set(
      id,
      this.#clock.setTimer(() => void this.#writeOut(id), WRITE_OUT_MS),
    )
  }

  /** @param results of the settlements; what is undecided will be settled once more */
  settle(settlements: readonly Settlement[], results: readonly SettlementResult[]): void {
    const finished = finishedClaims(settlements.filter((_, index) => results[index]?.kind !== 'undecided'))
    for (const id of finished) {
      this.#timers.get(id)?.cancel()
      this.#timers.delete(id)
      this.#finished.push(id)
    }
  }

  /** Where the records cannot go now, they do when their leases have run out. */
  async close(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    const { finished } = this
    if (finished.length > 0) await this.#connection.run(this.#sql.drop, [finished]).catch(() => {})
    this.forget(finished)
  }

  /** Where it fails, the next heartbeat does it. */
  async #writeOut(id: number): Promise<void> {
    this.#timers.delete(id)
    const written = await this.#connection.run(this.#sql.claim, [this.#time.parameter, id]).catch(() => undefined)
    if (written && written.rowCount > 0) this.#onWrittenOut()
  }
}
