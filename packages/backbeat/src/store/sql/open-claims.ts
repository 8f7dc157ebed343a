import type { Clock, Timer } from '../../clock.ts'
import type { Settlement, SettlementResult } from '../store.ts'
import { type BulkClaim, finishedClaims } from './bulk-leases.ts'

/** A job that takes longer than this is not quick, and is to be seen to run. */
const WRITE_OUT_MS = 500

/** What is done to the records of claims. */
export interface ClaimRecords {
  /** Writes a claim into the rows of its jobs. Answers whether there was any left to write. */
  writeOut(id: number): Promise<boolean>
  drop(ids: readonly number[]): Promise<unknown>
  /** Is told when jobs are seen to run. */
  onWrittenOut(): void
}

/** The bulk claims of this process: one that lasts is written out, and of one that is over the record goes. */
export class OpenClaims {
  readonly #clock: Clock
  readonly #records: ClaimRecords
  readonly #timers = new Map<number, Timer>()
  #finished: number[] = []

  constructor(clock: Clock, records: ClaimRecords) {
    this.#clock = clock
    this.#records = records
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
    if (finished.length > 0) await this.#records.drop(finished).catch(() => {})
    this.forget(finished)
  }

  /** Where it fails, the next heartbeat does it. */
  async #writeOut(id: number): Promise<void> {
    this.#timers.delete(id)
    const isWritten = await this.#records.writeOut(id).catch(() => false)
    if (isWritten) this.#records.onWrittenOut()
  }
}
