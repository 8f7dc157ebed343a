import { EVERYONE, HAS_STARTER, OR_COUNT_UP } from '../sql/notification-tables.ts'
import { storableMessage, storableName } from '../sql/values.ts'
import type { Settlement } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

/** One for everyone who may see the job, and one for who started it. `WHERE` tells the upsert from a join. */
const RAISE = `
  INSERT INTO backbeat_notifications AS known (
    fingerprint, addressee, task_type, status, error_type, message, count, first_job_id, last_job_id, first_at, last_at
  )
  SELECT ?2, CASE WHEN whom.starter THEN triggered_by ELSE '${EVERYONE}' END, task_type, status, ?3, ?4, 1, id, id, ?5, ?5
  FROM backbeat_jobs JOIN (SELECT 0 AS starter UNION ALL SELECT 1) AS whom ON NOT whom.starter OR ${HAS_STARTER}
  WHERE id = ?1
  ${OR_COUNT_UP}`

/** Tells people of a job that came to rest. Called in the transaction that wrote its outcome, once that is written. */
export function raiseNotification(connection: SqliteConnection, { lease, notification }: Settlement, now: number) {
  if (!notification) return
  const { fingerprint, errorType, message } = notification
  connection
    .statement(RAISE)
    .run(
      lease.jobId,
      fingerprint,
      errorType === null ? null : storableName(errorType),
      message === null ? null : storableMessage(message),
      now,
    )
}
