import type { RecordedError } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { Redactor } from '../redaction/redactor.ts'
import type { Recorder } from './recorder.ts'

/** Hides what is sensitive in everything that an attempt records. Keys of items stay: they are looked up by. */
export class RedactingRecorder implements Recorder {
  readonly #recorder: Recorder
  readonly #redactor: Redactor

  constructor(recorder: Recorder, redactor: Redactor) {
    this.#recorder = recorder
    this.#redactor = redactor
  }

  report({ progress, logs }: Report): void {
    const redactor = this.#redactor
    this.#recorder.report({
      ...(progress && {
        progress: { ...progress, message: redactor.maybe(progress.message), meta: redactor.json(progress.meta) },
      }),
      logs: logs.map((line) => ({ ...line, message: redactor.text(line.message), fields: redactor.json(line.fields) })),
    })
  }

  settledItems(keys: string[]): Promise<Map<string, SettledItem>> {
    return this.#recorder.settledItems(keys)
  }

  recordItems(batch: ItemBatch): Promise<void> {
    const outcomes = batch.outcomes.map((outcome) =>
      outcome.error ? { ...outcome, error: redactError(outcome.error, this.#redactor) } : outcome,
    )
    return this.#recorder.recordItems({ ...batch, outcomes, message: this.#redactor.maybe(batch.message) })
  }
}

/** How an attempt ended, without what is sensitive. */
export function redactOutcome<Ended extends Outcome>(outcome: Ended, redactor: Redactor): Ended {
  switch (outcome.kind) {
    case 'success':
      if (outcome.result === null && outcome.warnings.length === 0) return outcome
      return {
        ...outcome,
        result: redactor.json(outcome.result),
        warnings: outcome.warnings.map((warning) => redactor.text(warning)),
      }
    case 'failure':
      return {
        ...outcome,
        error: redactError(outcome.error, redactor),
        ...(outcome.result !== undefined && { result: redactor.json(outcome.result) }),
      }
    case 'cancelled':
      return {
        ...outcome,
        reason: redactor.text(outcome.reason),
        ...(outcome.result !== undefined && { result: redactor.json(outcome.result) }),
      }
    default:
      return outcome
  }
}

function redactError(error: RecordedError, redactor: Redactor): RecordedError {
  const redacted = { ...error, message: redactor.text(error.message) }
  if (error.traceback !== undefined) redacted.traceback = redactor.text(error.traceback)
  return redacted
}
