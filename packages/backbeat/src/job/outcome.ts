import type { Json } from '../json.ts'
import type { RecordedError } from './job.ts'
import type { Status } from './states.ts'

/** How an attempt ended, as its executor or its worker saw it. */
export type Outcome =
  | { kind: 'success'; result: Json; warnings: string[] }
  /** `transient`: the task's retry policy lists this error. */
  | { kind: 'failure'; error: RecordedError; transient: boolean; result?: Json }
  | { kind: 'snoozed'; delayMs: number }
  | { kind: 'cancelled'; reason: string; result?: Json }
  /** Given back unfinished through no fault of its own. */
  | { kind: 'released'; reason: string }
  /** Given back before it was started, so that there was no attempt. */
  | { kind: 'unstarted' }
  /** The worker, or the executor that ran it, vanished. */
  | { kind: 'lost'; reason: string }

/** An outcome, or that it is recorded already, in one transaction with the task's effects. */
export type Ending = Outcome | { kind: 'settled'; status: Status }
