import type { Clock } from '../clock.ts'
import type { Assignment } from '../job/assignment.ts'
import type { Redactor } from '../redaction/redactor.ts'
import type { AttemptAbort } from './attempt-abort.ts'
import { ItemLedger } from './items.ts'
import type { Recorder } from './recorder.ts'
import { RedactingRecorder } from './redacting-recorder.ts'
import { Reporter } from './reporter.ts'

const NO_WARNINGS: readonly string[] = []

/** What one attempt tells and records with. Each is made when it is first used: many tasks use none. */
export class AttemptTools {
  readonly assignment: Assignment
  readonly #abort: AttemptAbort
  readonly #unredacted: Recorder
  readonly #redactor: Redactor
  readonly #clock: Clock
  #redacted: Recorder | undefined
  #reporter: Reporter | undefined
  #ledger: ItemLedger | undefined

  constructor(assignment: Assignment, abort: AttemptAbort, recorder: Recorder, redactor: Redactor, clock: Clock) {
    this.assignment = assignment
    this.#abort = abort
    this.#unredacted = recorder
    this.#redactor = redactor
    this.#clock = clock
  }

  get #recorder(): Recorder {
    this.#redacted ??= new RedactingRecorder(this.#unredacted, this.#redactor)
    return this.#redacted
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
  itemWarnings(): readonly string[] {
    return this.#ledger?.warnings() ?? NO_WARNINGS
  }

  /** Sends what the task has told and was not sent yet. */
  flush(): void {
    this.#reporter?.flush()
  }
}
