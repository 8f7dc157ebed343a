import { storableText } from '../text.ts'
import { MAX_MESSAGE_LENGTH, MAX_TRACEBACK_LENGTH, type RecordedError } from './job.ts'

const MAX_TYPE_LENGTH = 200

/**
 * What is kept of anything that was thrown, bounded and safe to store. Causes are part of the
 * traceback, as Node prints them.
 *
 * @param at milliseconds since 1970 in UTC
 */
export function recordError(thrown: unknown, at: number): RecordedError {
  if (!(thrown instanceof Error)) {
    return { type: typeof thrown, message: storableText(describe(thrown), MAX_MESSAGE_LENGTH), at }
  }
  const recorded: RecordedError = {
    type: storableText(nameOf(thrown), MAX_TYPE_LENGTH),
    message: storableText(String(thrown.message) || nameOf(thrown), MAX_MESSAGE_LENGTH),
    at,
  }
  if ('code' in thrown && typeof thrown.code === 'string') {
    recorded.code = storableText(thrown.code, MAX_TYPE_LENGTH)
  }
  const traceback = traceOf(thrown)
  if (traceback) recorded.traceback = storableText(traceback, MAX_TRACEBACK_LENGTH)
  return recorded
}

function nameOf(error: Error): string {
  return error.name !== 'Error' ? String(error.name) : (error.constructor?.name ?? 'Error')
}

function traceOf(error: Error): string {
  const traces: string[] = []
  for (let cause: unknown = error; cause instanceof Error && traces.length < 5; cause = cause.cause) {
    traces.push(String(cause.stack ?? cause.message))
  }
  return traces.join('\nCaused by: ')
}

function describe(thrown: unknown): string {
  try {
    return typeof thrown === 'object' && thrown !== null ? JSON.stringify(thrown) : String(thrown)
  } catch {
    return 'something that could not be printed was thrown'
  }
}
