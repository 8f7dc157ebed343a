import type { Clock } from '../clock.ts'
import type { Assignment } from '../job/assignment.ts'
import type { AttemptAbort } from './attempt-abort.ts'
import { ItemLedger } from './items.ts'
import type { Recorder } from './recorder.ts'
import { Reporter } from './reporter.ts'

/** What one attempt tells and records with. Each is made when it is first used: many tasks use none. */
export class AttemptTools {
  readonly assignment: Assignment
  readonly #abort: AttemptAbort
  readonly #recorder: Recorder
  readonly #clock: Clock
  #reporter: Reporter | undefined
  #ledger: ItemLedger | undefined

  constructor(assignment: Assignment, abort: AttemptAbort, recorder: Recorder, clock: Clock) {
    this.assignment = assignment
    this.#abort = abort
    this.#recorder = recorder
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get reporter(): Reporter {
    this.#reporter ??= new Reporter(this.#recorder, this.#clock)
    return this.#reporter
  }

  get ledger(): ItemLedger {
    const { assignment } = this
    this.#ledger ??= new ItemLedger({
      ...assignment,
      counts: assignment.items,
      recorder: this.#recorder,
      signal: this.signal,
      clock: this.#clock,
    })
    return this.#ledger
  }

  /** What people should know about the items, besides those that failed. */
  itemWarnings(): string[] {
    return this.#ledger?.warnings() ?? []
  }

  /** Sends what the task has told and was not sent yet. */
  flush(): void {
    this.#reporter?.flush()
  }
}
