import { storableText } from '../text.ts'
import { errorFingerprint } from './error-fingerprint.ts'
import { MAX_MESSAGE_LENGTH, MAX_NAME_LENGTH } from './job.ts'
import type { Changes } from './transition.ts'

/** How a job may come to rest that people can be told of. */
export const NOTIFIABLE = ['failed', 'stuck', 'completed_with_warnings'] as const

export type NotifiableStatus = (typeof NOTIFIABLE)[number]

/** What is told where neither the task nor the application says otherwise. */
export const USUALLY_NOTIFIED: readonly NotifiableStatus[] = ['failed', 'stuck']

/** What people are told of a job that came to rest. Jobs of one task and fingerprint are told of together. */
export interface RaisedNotification {
  /** That of the group of errors that the job belongs to; or one for all warnings. */
  fingerprint: string
  errorType: string | null
  message: string | null
}

/**
 * Decides whether people are told of what became of a job. Only a job that rests is told of, and so
 * none of its retries is.
 *
 * @param notifyOn the states that are told of
 * @param failedItems how many of its items failed
 */
export function notificationOf(
  { status, error, warnings }: Pick<Changes, 'status' | 'error' | 'warnings'>,
  notifyOn: readonly NotifiableStatus[],
  failedItems = 0,
): RaisedNotification | null {
  if (!(notifyOn as readonly string[]).includes(status)) return null
  if (status === 'completed_with_warnings') {
    const fingerprint = errorFingerprint({ errorType: status, errorMessage: null })
    return { fingerprint, errorType: null, message: warnings[0] ?? failuresOf(failedItems) }
  }
  const errorType = error && storableText(error.type, MAX_NAME_LENGTH)
  const message = error && storableText(error.message, MAX_MESSAGE_LENGTH)
  return { fingerprint: errorFingerprint({ errorType, errorMessage: message }), errorType, message }
}

function failuresOf(items: number): string | null {
  if (items === 0) return null
  return items === 1 ? '1 item failed' : `${items} items failed`
}
