import { describe, expect, test } from 'vitest'
import { errorFingerprint } from './error-fingerprint.ts'
import type { RecordedError } from './job.ts'
import { NOTIFIABLE, notificationOf, USUALLY_NOTIFIED } from './notification.ts'
import { STATUSES, type Status } from './states.ts'

const error: RecordedError = { type: 'FeedError', message: 'Row 17 has no price', at: 1 }
const changes = (status: Status, more: { error?: RecordedError; warnings?: string[] } = {}) => ({
  status,
  error: null,
  warnings: [],
  ...more,
})

describe('a notification', () => {
  test('is raised by a job that rests failed or stuck, and by no other state', () => {
    const raising = STATUSES.filter((status) => notificationOf(changes(status, { error }), USUALLY_NOTIFIED))
    expect(raising).toEqual(['failed', 'stuck'])
    const all = STATUSES.filter((status) => notificationOf(changes(status, { error }), NOTIFIABLE))
    expect(all).toEqual(['completed_with_warnings', 'failed', 'stuck'])
    expect(notificationOf(changes('failed', { error }), [])).toBeNull()
  })

  test('has the fingerprint of the group of errors that the job is found in', () => {
    const raised = notificationOf(changes('failed', { error }), USUALLY_NOTIFIED)
    const group = errorFingerprint({ errorType: 'FeedError', errorMessage: 'Row 4 has no price' })
    expect(raised).toEqual({ fingerprint: group, errorType: 'FeedError', message: error.message })
    const strange = { ...error, type: 'a\0', message: 'b\ud800' }
    const stored = errorFingerprint({ errorType: 'a\ufffd', errorMessage: 'b\ufffd' })
    expect(notificationOf(changes('failed', { error: strange }), USUALLY_NOTIFIED)?.fingerprint).toBe(stored)
  })

  test('of warnings has one fingerprint, whatever they say', () => {
    const raise = (...warnings: string[]) =>
      notificationOf(changes('completed_with_warnings', { warnings }), NOTIFIABLE, 3)
    expect(raise()?.message).toBe('3 items failed')
    expect(raise('3 rows without a price', 'x')).toMatchObject({
      errorType: null,
      message: '3 rows without a price',
      fingerprint: raise()?.fingerprint,
    })
  })
})
