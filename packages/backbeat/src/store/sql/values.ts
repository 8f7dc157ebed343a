import { createHash } from 'node:crypto'
import {
  MAX_MESSAGE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_RECORDED_ERRORS,
  MAX_TRACEBACK_LENGTH,
  MAX_WARNINGS,
  type RecordedError,
} from '../../job/job.ts'
import type { Json } from '../../json.ts'
import { storableText } from '../../text.ts'

/** JSON as text. Escapes NUL and lone surrogates, so any database can hold it. */
export function toJsonText(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}

export function fromJsonText(text: string | null): Json {
  return text === null ? null : (JSON.parse(text) as Json)
}

export function storableMessage(text: string): string {
  return storableText(text, MAX_MESSAGE_LENGTH)
}

/** A short text that is shown but never looked up by. */
export function storableName(text: string): string {
  return storableText(text, MAX_NAME_LENGTH)
}

/**
 * A key that any database can hold. Keys that differ stay different: one that had to be changed
 * gets a mark of what it was.
 */
export function storableKey(key: string): string {
  const storable = storableName(key)
  if (storable === key) return key
  return `${storable} #${createHash('sha256').update(key, 'utf16le').digest('hex').slice(0, 16)}`
}

export function storableError(error: RecordedError): RecordedError {
  const storable: RecordedError = {
    ...error,
    type: storableName(error.type),
    message: storableMessage(error.message),
  }
  if (error.traceback !== undefined) storable.traceback = storableText(error.traceback, MAX_TRACEBACK_LENGTH)
  return storable
}

/** A stored list of errors with more behind it, as far as there is room. */
export function appendErrors(stored: string, more: readonly RecordedError[]): { errors: string; count: number } {
  const errors = [...(JSON.parse(stored) as RecordedError[]), ...more].slice(0, MAX_RECORDED_ERRORS)
  return { errors: JSON.stringify(errors), count: errors.length }
}

/** A stored list of warnings with more behind it, as far as there is room. */
export function appendWarnings(stored: string, more: readonly string[]): string {
  const warnings = JSON.parse(stored) as string[]
  const room = Math.max(0, MAX_WARNINGS - warnings.length)
  return JSON.stringify([...warnings, ...more.slice(0, room).map(storableMessage)])
}

/** How much of the items is processed: a whole number from 0 to 100, and 0 where there are none. */
export function percentOf(processed: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((100 * processed) / total)) : 0
}
