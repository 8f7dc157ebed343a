import { type Kysely, sql } from 'kysely'
import type { IdempotentRequest, Reservation } from '../access-records.ts'
import { firstOf, later, type Now, rowsOf } from './access-steps.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

/** The insertion decides between requests that come at once: whoever is second finds the row of the first. */
export function* reserveRequest(
  db: Kysely<Tables>,
  { key, fingerprint, jobId }: IdempotentRequest,
  times: { keepMs: number; patienceMs: number },
  now: Now,
): Steps<Reservation> {
  yield* rowsOf(db.deleteFrom('backbeat_idempotency_keys').where('created_at', '<=', later(now, -times.keepMs)))
  const reserved = yield* firstOf(
    db
      .insertInto('backbeat_idempotency_keys')
      .values({ key, fingerprint, job_id: jobId, created_at: now, begun_at: now, done: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .returning('job_id'),
  )
  if (reserved) return { kind: 'reserved', jobId: reserved.job_id }
  const known = yield* firstOf(db.selectFrom('backbeat_idempotency_keys').selectAll().where('key', '=', key))
  // Released in between.
  if (!known) return { kind: 'in_progress' }
  if (known.fingerprint !== fingerprint) return { kind: 'other_request' }
  if (known.done === 1) return { kind: 'done', jobId: known.job_id }
  const takenOver = yield* firstOf(
    db
      .updateTable('backbeat_idempotency_keys')
      .set({ begun_at: now })
      .where('key', '=', key)
      .where('done', '=', 0)
      .where(sql<boolean>`begun_at <= ${later(now, -times.patienceMs)}`)
      .returning('job_id'),
  )
  return takenOver ? { kind: 'reserved', jobId: takenOver.job_id } : { kind: 'in_progress' }
}

export function* finishRequest(db: Kysely<Tables>, key: string, jobId: string): Steps<void> {
  yield* rowsOf(db.updateTable('backbeat_idempotency_keys').set({ done: 1, job_id: jobId }).where('key', '=', key))
}

export function* releaseRequest(db: Kysely<Tables>, key: string): Steps<void> {
  yield* rowsOf(db.deleteFrom('backbeat_idempotency_keys').where('key', '=', key).where('done', '=', 0))
}
