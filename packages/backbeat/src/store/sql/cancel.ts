import type { Expression, Kysely } from 'kysely'
import { isResting, WAITING } from '../../job/states.ts'
import type { Cancellation } from '../store.ts'
import type { Tables } from './tables.ts'
import { storableMessage } from './values.ts'

/**
 * Cancels a job that waits, and asks for one that runs to be stopped. The first reason is the one that is kept.
 *
 * @param now a time in milliseconds since 1970, or what the database reads it from
 */
export async function requestCancel(
  db: Kysely<Tables>,
  id: string,
  reason: string,
  now: number | Expression<number>,
): Promise<Cancellation> {
  const cancel_reason = storableMessage(reason)
  // Each statement is one decision of its own; a job that moves in between is looked at again.
  for (;;) {
    const waiting = await db
      .updateTable('backbeat_jobs')
      .set({
        status: 'cancelled',
        ready: 0,
        blocked_by: null,
        completed_at: now,
        cancel_requested_at: now,
        cancel_reason,
      })
      .where('id', '=', id)
      .where('status', 'in', WAITING)
      .executeTakeFirst()
    if (waiting.numUpdatedRows > 0n) return 'cancelled'

    const running = await db
      .updateTable('backbeat_jobs')
      .set({ cancel_requested_at: now, cancel_reason })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .where('cancel_requested_at', 'is', null)
      .executeTakeFirst()
    if (running.numUpdatedRows > 0n) return 'requested'

    const job = await db
      .selectFrom('backbeat_jobs')
      .select(['status', 'cancel_requested_at'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (!job) return 'unknown'
    if (isResting(job.status)) return 'resting'
    if (job.status === 'running' && job.cancel_requested_at !== null) return 'requested'
  }
}
