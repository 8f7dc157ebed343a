import { type Duration, toMs } from '../duration.ts'
import type { Json } from '../json.ts'

/** What a task may return besides a plain result, to say how it ended. */
export type Verdict =
  | { kind: 'snooze'; delayMs: number }
  | { kind: 'cancel'; reason: string }
  | { kind: 'warn'; result: unknown; warnings: string[] }
  | { kind: 'fail'; message: string }

/** Marks verdicts; a symbol, so that no JSON result can be taken for one. */
const VERDICT = Symbol.for('backbeat.verdict')

function verdict<V extends Verdict>(value: V): V {
  return Object.defineProperty(value, VERDICT, { value: true })
}

/** Whether a returned value is a verdict and not a result. */
export function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && VERDICT in value
}

/**
 * Run the job again later; this try does not count as an attempt.
 * @example return snooze('5m')
 */
export function snooze(delay: Duration) {
  return verdict({ kind: 'snooze', delayMs: toMs(delay, 'the delay of snooze()') })
}

/**
 * End the job as cancelled.
 * @example return cancel('order withdrawn')
 */
export function cancel(reason: string) {
  return verdict({ kind: 'cancel', reason })
}

/**
 * End the job as completed with warnings.
 * @example return warn({ imported: 97 }, ['3 rows without a price'])
 */
export function warn<Result extends Json | undefined>(result: Result, warnings: string[]) {
  return verdict({ kind: 'warn', result, warnings })
}

/**
 * End the job as failed, without a further attempt.
 * @example return fail('The card was declined')
 */
export function fail(message: string) {
  return verdict({ kind: 'fail', message })
}
