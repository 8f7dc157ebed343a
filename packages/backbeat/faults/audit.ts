import type { Job } from '../src/job/job.ts'
import { NOTIFIABLE } from '../src/job/notification.ts'
import { isResting } from '../src/job/states.ts'
import type { JobRecords, Store } from '../src/store/store.ts'
import { auditAttempts } from './audit-attempts.ts'
import { auditEffects } from './audit-effects.ts'
import { auditNotifications } from './audit-notifications.ts'
import { auditPostings } from './audit-postings.ts'
import { type Effect, effectsByJob } from './effects.ts'
import type { Harm } from './fleet.ts'
import { type Recovery, recoveriesOf } from './recovery.ts'

/** What was found once everything should rest. */
export interface Audit {
  enqueued: number
  resting: number
  statuses: Record<string, number>
  attempts: Record<string, number>
  /** Transactional jobs that are done; each has written exactly once. */
  transactional: number
  /** Jobs that are missing, do not rest, or are called done without having been done. */
  lost: string[]
  /** Jobs of which something was done that no attempt accounts for. */
  doubled: string[]
  /** Everything that must never be, in words. */
  violations: string[]
  recoveries: Recovery[]
}

export interface AuditOptions {
  store: JobRecords & Pick<Store, 'notifications'>
  /** Every job that was enqueued. */
  ids: readonly string[]
  effects: readonly Effect[]
  /** How often each transactional job has written to the store's database. */
  postings: ReadonlyMap<string, number>
  harms: readonly Harm[]
}

/** Compares what was asked for with what the store says and with what was done. */
export async function audit({ store, ids, effects, postings, harms }: AuditOptions): Promise<Audit> {
  const found: Audit = {
    enqueued: new Set(ids).size,
    resting: 0,
    statuses: {},
    attempts: {},
    transactional: 0,
    lost: [],
    doubled: [],
    violations: [],
    recoveries: [],
  }
  const byJob = effectsByJob(effects)
  for (const id of new Set(ids)) {
    const job = await store.get(id)
    if (!job || !isResting(job.status)) {
      found.lost.push(id)
      found.violations.push(`job ${id} is ${job ? job.status : 'missing'}`)
      continue
    }
    const history = { job, attempts: await store.attempts(id), effects: byJob.get(id) ?? [] }
    found.resting += 1
    count(found.statuses, job.status)
    for (const { outcome } of history.attempts) count(found.attempts, outcome)
    found.violations.push(...auditAttempts(history))
    const { wasNotDone, doneTwice } = auditEffects(history)
    const posting = auditPostings(job, postings.get(id) ?? 0)
    wasNotDone.push(...posting.wasNotDone)
    doneTwice.push(...posting.doneTwice)
    if (job.taskType === 'faults.post' && job.status === 'completed') found.transactional += 1
    if (wasNotDone.length > 0) found.lost.push(id)
    if (doneTwice.length > 0) found.doubled.push(id)
    found.violations.push(...wasNotDone, ...doneTwice, ...(await auditItems(store, job)))
    found.recoveries.push(...recoveriesOf(history, harms))
  }
  found.violations.push(...(await auditNotifications(store, NOTIFIABLE)))
  return found
}

/** Items are counted exactly, and each is recorded once. */
async function auditItems(store: JobRecords, { id, items, status }: Job): Promise<string[]> {
  if (items.total === 0) return []
  const wrong: string[] = []
  const recorded: string[] = []
  let failed = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.items(id, {}, cursor === undefined ? { limit: 200 } : { limit: 200, cursor })
    recorded.push(...page.entries.map(({ key }) => key))
    failed += page.entries.filter((item) => item.status === 'failed').length
    cursor = page.nextCursor
  }
  const counts = `${items.processed} of ${items.total}, ${items.successful} successful, ${items.failed} failed`
  if (new Set(recorded).size !== recorded.length) wrong.push(`job ${id} has an item twice`)
  if (items.processed !== recorded.length || items.failed !== failed) {
    wrong.push(`job ${id} counts ${counts}, and ${recorded.length} items with ${failed} failed are recorded`)
  }
  if (items.successful + items.failed !== items.processed) wrong.push(`job ${id} miscounts: ${counts}`)
  if (status.startsWith('completed') && items.processed !== items.total) {
    wrong.push(`job ${id} is ${status} with ${counts}`)
  }
  return wrong
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}
