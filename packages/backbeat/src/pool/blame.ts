import type { Lease } from '../job/assignment.ts'
import type { Outcome } from '../job/outcome.ts'
import { type Crash, leaseKey } from './messages.ts'

/** How an executor died by itself, as far as is known. */
export interface Death {
  /** What is recorded of it. */
  reason: string
  /** Whether it had loaded the application; before that no attempt has begun. */
  wasReady: boolean
  /** What it could still say itself. */
  crash: Crash | null
}

/** What the death means for one of the attempts in the executor. */
export interface Verdict {
  lease: Lease
  outcome: Outcome
  /** It may have been this one: it has to be run alone, so that it shows. */
  suspect: boolean
}

/**
 * Decides which attempt an executor died of. Only one that is known to be guilty has it counted
 * against it; see decision 0005.
 */
export function blame(death: Death, inside: readonly Lease[]): Verdict[] {
  const { reason, wasReady, crash } = death
  const guilty = !wasReady ? null : (crash?.lease ?? (inside.length === 1 ? inside[0] : undefined))
  return inside.map((lease) => {
    if (guilty && leaseKey(guilty) === leaseKey(lease)) return { lease, outcome: outcomeOf(death), suspect: false }
    const outcome: Outcome = { kind: 'released', reason: `${reason} (not counted against this job)` }
    return { lease, outcome, suspect: guilty === undefined }
  })
}

/** What nobody caught is the attempt's error. An executor that vanished says little about the task, so the job is handed out again. */
function outcomeOf({ reason, crash }: Death): Outcome {
  return crash?.error ? { kind: 'failure', transient: false, error: crash.error } : { kind: 'lost', reason }
}
