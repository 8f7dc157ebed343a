import { v7 } from 'uuid'
import type { Lease } from '../../job/assignment.ts'
import type { RecordedError } from '../../job/job.ts'
import type { ItemBatch, ItemOutcome } from '../../job/report.ts'
import { isResting, type Status } from '../../job/states.ts'
import type { Changes } from '../../job/transition.ts'
import type { NewAuditEntry } from '../access-records.ts'
import type { NewJob } from '../store.ts'

export const LEASE_MS = 30_000

export function newJob(overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: v7(),
    taskType: 'demo.echo',
    queue: 'default',
    priority: 0,
    input: {},
    triggeredBy: 'test',
    tags: [],
    runAt: null,
    maxAttempts: 1,
    maxRedeliveries: 0,
    uniqueKey: null,
    uniquePeriodMs: null,
    replacesWaiting: false,
    retriedFromId: null,
    retryScope: 'all',
    totalItems: 0,
    expiresAt: null,
    restrictions: null,
    tenant: null,
    ...overrides,
  }
}

export function leaseOf({ jobId, delivery }: Lease): Lease {
  return { jobId, delivery }
}

export function changesTo(changes: Partial<Changes> & { status: Status }): Changes {
  return {
    delayMs: isResting(changes.status) ? null : 0,
    attempt: 1,
    redeliveries: 0,
    result: null,
    warnings: [],
    error: null,
    cancelReason: null,
    attemptOutcome: 'completed',
    ...changes,
  }
}

export function anError(message: string): RecordedError {
  return { type: 'TypeError', message, traceback: `at ${message}`, attempt: 1, at: 1 }
}

export function aLine(message: string) {
  return { at: 1, level: 'info' as const, message, fields: null }
}

export function anItem(key: string, position: number, error?: RecordedError): ItemOutcome {
  return { key, position, attempts: 1, ...(error ? { error } : {}) }
}

/** A job's first batch: the counts are those of its outcomes. */
export function batch(
  outcomes: ItemOutcome[],
  { total, message = null }: { total: number; message?: string | null },
): ItemBatch {
  const failed = outcomes.filter(({ error }) => error).length
  const processed = outcomes.length
  return { outcomes, counts: { total, processed, successful: processed - failed, failed }, message }
}

export function anAuditEntry(overrides: Partial<NewAuditEntry> = {}): NewAuditEntry {
  const entry = { actor: 'manual:root', action: 'user.create', subject: 'user:ana', before: null, after: null }
  return { ...entry, requestId: 'r-1', address: '10.0.0.1', ...overrides }
}
