import { ACTIVE, WAITING } from '../sql/job-sets.ts'
import { rowsOf, type Steps } from '../sql/steps.ts'
import type { NewJob } from '../store.ts'

const ACTIVE_OF_KEY = `
  SELECT id FROM backbeat_jobs
  WHERE unique_key IS NOT NULL AND ${ACTIVE} AND unique_key = ?`

const ACTIVE_RETRY = `
  SELECT id FROM backbeat_jobs
  WHERE retried_from_id IS NOT NULL AND ${ACTIVE} AND retried_from_id = ?`

const REPLACE_WAITING = `
  UPDATE backbeat_jobs SET
    status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ?, cancel_reason = ?
  WHERE unique_key IS NOT NULL AND ${WAITING} AND unique_key = ?
  RETURNING id`

const LET_GO = `DELETE FROM backbeat_unique_periods WHERE key = ? AND job_id = ?`

/** The primary key makes it one holder; the condition, one at a time. */
const HOLD = `
  INSERT INTO backbeat_unique_periods (key, job_id, until) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until WHERE until <= ?
  RETURNING job_id`

const HOLDER = `SELECT job_id FROM backbeat_unique_periods WHERE key = ?`

/** Cancels the job of that key that still waits, in favour of another one. Answers those that were. */
export function* makeWay(uniqueKey: string, forId: string, now: number): Steps<string[]> {
  const replaced = (yield* rowsOf(REPLACE_WAITING, now, `Replaced by job ${forId}`, uniqueKey)).map(({ id }) =>
    String(id),
  )
  for (const id of replaced) yield* rowsOf(LET_GO, uniqueKey, id)
  return replaced
}

/** Takes the job's unique key for its period. Answers the job that holds it, or `null` where none does. */
export function* holdForPeriod({ id, uniqueKey, uniquePeriodMs }: NewJob, now: number): Steps<string | null> {
  if (uniqueKey === null || uniquePeriodMs === null) return null
  const [held] = yield* rowsOf(HOLD, uniqueKey, id, now + uniquePeriodMs, now)
  if (held) return null
  const [holder] = yield* rowsOf(HOLDER, uniqueKey)
  return String(holder?.job_id)
}

/** Gives back the period of a job that was not stored after all. */
export function* letGo({ id, uniqueKey, uniquePeriodMs }: NewJob): Steps<void> {
  if (uniqueKey !== null && uniquePeriodMs !== null) yield* rowsOf(LET_GO, uniqueKey, id)
}

/** The active job that keeps this one from being stored. */
export function* jobInTheWay({ uniqueKey, retriedFromId }: NewJob): Steps<string | null> {
  const [ofKey] = uniqueKey === null ? [] : yield* rowsOf(ACTIVE_OF_KEY, uniqueKey)
  if (ofKey) return String(ofKey.id)
  const [retry] = retriedFromId === null ? [] : yield* rowsOf(ACTIVE_RETRY, retriedFromId)
  return retry ? String(retry.id) : null
}
