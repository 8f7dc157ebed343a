import { isResting, type Status } from '../../job/states.ts'
import { storableMessage } from '../sql/values.ts'
import type { Cancellation } from '../store.ts'
import { claimedAmong, writeOutSql } from './bulk-claims.ts'
import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

export type CancelSql = ReturnType<typeof cancelSql>

/** Parameters: the time, job, reason. */
export function cancelSql(tables: TableNames) {
  const { jobs } = tables
  const noted = (update: string, before = '') => `
    WITH ${before} changed AS (${update} RETURNING id), noted AS (${journalSql(tables, 'changed')}) SELECT FROM changed`
  const waiting = `
    waiting AS MATERIALIZED (
      SELECT id, delivery FROM ${jobs} WHERE id = $2 AND status IN ('pending', 'retrying') FOR NO KEY UPDATE
    ),`
  return {
    writeOut: writeOutSql(tables),
    waiting: noted(
      `
      UPDATE ${jobs} SET
        status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ${NOW},
        cancel_requested_at = ${NOW}, cancel_reason = $3
      WHERE id = (SELECT id FROM waiting)
        AND id <> ALL(${claimedAmong(tables, 'SELECT id FROM waiting WHERE delivery = 0')})`,
      waiting,
    ),
    running: noted(`
      UPDATE ${jobs} SET cancel_requested_at = ${NOW}, cancel_reason = $3
      WHERE id = $2 AND status = 'running' AND cancel_requested_at IS NULL`),
    look: `SELECT status, cancel_requested_at FROM ${jobs} WHERE id = $1`,
  }
}

/** Cancels a job that waits, and asks for one that runs to be stopped. The first reason is the one that is kept. */
export async function requestCancel(
  session: Session,
  sql: CancelSql,
  time: StoreTime,
  id: string,
  reason: string,
): Promise<Cancellation> {
  const parameters = [time.parameter, id, storableMessage(reason)]
  // Each statement is one decision of its own; a job that moves in between is looked at again.
  for (;;) {
    if ((await session.run(sql.waiting, parameters)).rowCount > 0) return 'cancelled'
    if ((await session.run(sql.running, parameters)).rowCount > 0) return 'requested'
    await session.run(sql.writeOut.jobs, [[id]])
    const { rows } = await session.run<{ status: Status; cancel_requested_at: number | null }>(sql.look, [id])
    const [job] = rows
    if (!job) return 'unknown'
    if (isResting(job.status)) return 'resting'
    if (job.status === 'running' && job.cancel_requested_at !== null) return 'requested'
  }
}
