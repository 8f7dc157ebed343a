import { isResting, type Status } from '../../job/states.ts'
import { storableMessage } from '../sql/values.ts'
import type { Cancellation } from '../store.ts'
import { wroteOut } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'

const JOB = `SELECT status, cancel_requested_at FROM backbeat_jobs WHERE id = ?`
const CANCEL = `
  UPDATE backbeat_jobs SET
    status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ?1, cancel_requested_at = ?1, cancel_reason = ?2
  WHERE id = ?3`
const ASK = `UPDATE backbeat_jobs SET cancel_requested_at = ?1, cancel_reason = ?2 WHERE id = ?3`

/**
 * Cancels a job that waits, and asks for one that runs to be stopped. The first reason is the one that
 * is kept. Called inside a transaction.
 */
export function requestCancel(connection: SqliteConnection, id: string, reason: string, now: number): Cancellation {
  const job = connection.statement(JOB).get(id) as { status: Status; cancel_requested_at: number | null } | undefined
  if (!job) return 'unknown'
  if (isResting(job.status)) return 'resting'
  const isRunning = job.status === 'running' || wroteOut(connection, { jobId: id, delivery: 1 })
  if (isRunning && job.cancel_requested_at !== null) return 'requested'
  connection.statement(isRunning ? ASK : CANCEL).run(now, storableMessage(reason), id)
  connection.noteChange(id)
  return isRunning ? 'requested' : 'cancelled'
}
