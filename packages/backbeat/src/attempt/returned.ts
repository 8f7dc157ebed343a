import type { Clock } from '../clock.ts'
import { type BackbeatError, JobCancelledError, SoftTimeLimitError } from '../errors.ts'
import { MAX_MESSAGE_LENGTH, MAX_WARNINGS } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import { recordError } from '../job/recorded-error.ts'
import { findJsonIssue, type Json } from '../json.ts'
import { isVerdict } from '../task/verdict.ts'
import { storableText } from '../text.ts'

/** A larger result belongs in a store of the application's own, with a reference to it here. */
const MAX_RESULT_BYTES = 1024 * 1024

/**
 * What a task's return value means.
 *
 * @param reason why the attempt was aborted, where it was
 * @param clock for when an error was
 */
export function outcomeOf(returned: unknown, reason: BackbeatError | undefined, clock: Clock): Outcome {
  if (isVerdict(returned)) {
    switch (returned.kind) {
      case 'snooze':
        return { kind: 'snoozed', delayMs: returned.delayMs }
      case 'cancel':
        return { kind: 'cancelled', reason: storableText(String(returned.reason), MAX_MESSAGE_LENGTH) }
      case 'fail':
        return failed('TaskFailure', 'task_failed', returned.message, clock)
      case 'warn':
        return succeeded(returned.result, returned.warnings, reason, clock)
    }
  }
  if (isFailureResult(returned)) {
    const outcome = succeeded(returned, [], reason, clock)
    const { error } = returned
    const message = typeof error === 'string' ? error : recordError(error, clock.now()).message
    return outcome.kind === 'success'
      ? { ...failed('TaskFailure', 'task_failed', message, clock), result: outcome.result }
      : outcome
  }
  return succeeded(returned, [], reason, clock)
}

function succeeded(
  returned: unknown,
  given: readonly string[],
  reason: BackbeatError | undefined,
  clock: Clock,
): Outcome {
  if (returned === undefined && reason === undefined && given.length === 0) {
    return { kind: 'success', result: null, warnings: [] }
  }
  const issue = returned === undefined ? undefined : findJsonIssue(returned)
  if (issue) {
    const where = ['result', ...issue.path].join('.')
    const message = `The task's ${where} cannot be stored: ${issue.message}. Return JSON values only.`
    return failed('InvalidResultError', 'invalid_result', message, clock)
  }
  const text = JSON.stringify(returned) ?? 'null'
  if (Buffer.byteLength(text) > MAX_RESULT_BYTES) {
    const message = `The task's result is ${Buffer.byteLength(text)} bytes long, and at most ${MAX_RESULT_BYTES} are stored. Keep it elsewhere and return a reference to it.`
    return failed('InvalidResultError', 'result_too_large', message, clock)
  }
  // Parsed again, so that what leaves here is the same on every path: plain JSON.
  const result = JSON.parse(text) as Json
  if (reason instanceof JobCancelledError) return { kind: 'cancelled', reason: reason.message, result }
  const warnings = given.slice(0, MAX_WARNINGS).map((warning) => storableText(String(warning), MAX_MESSAGE_LENGTH))
  if (reason instanceof SoftTimeLimitError) {
    warnings.push('The soft time limit was reached, so the result may be partial.')
  }
  return { kind: 'success', result, warnings }
}

function isFailureResult(returned: unknown): returned is { success: false; error: unknown } {
  return typeof returned === 'object' && returned !== null && 'success' in returned && returned.success === false
}

function failed(type: string, code: string, message: string, clock: Clock) {
  const error = { type, code, message: storableText(String(message), MAX_MESSAGE_LENGTH), at: clock.now() }
  return { kind: 'failure', transient: false, error } satisfies Outcome
}
