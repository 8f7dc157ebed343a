import type { RecordedError } from '../../job/job.ts'
import { isResting } from '../../job/states.ts'
import { appendErrors, appendWarnings, storableError, storableMessage, toJsonText } from '../sql/values.ts'
import type { Settlement, SettlementResult } from '../store.ts'
import { wroteOut } from './bulk-claims.ts'
import { completeAttempts } from './complete.ts'
import type { SqliteConnection } from './connection.ts'
import { raiseNotification } from './notifications.ts'
import { freeSlots } from './slots.ts'

/** The fence: the lease is current, and has run out where that is asked for. */
const HELD = `id = ? AND status = 'running' AND delivery = ? AND (? OR lease_expires_at < ?)`
/** And nobody has asked to cancel without the decision knowing. */
const DECIDED = `${HELD} AND (cancel_requested_at IS NULL OR ?)`

/** The row goes on to record this attempt, its error included. `?` stands in the order of the parameters. */
const REST = `
  UPDATE backbeat_jobs SET
    status = ?, attempt = ?, redeliveries = ?, completed_at = ?, attempt_outcome = ?, result = ?,
    error_type = ?, error_message = ?, traceback = ?,
    cancel_reason = coalesce(?, cancel_reason), lease_expires_at = NULL,
    errors = coalesce(?, errors), errors_count = coalesce(?, errors_count), warnings = coalesce(?, warnings),
    progress_percent = coalesce(?, progress_percent)
  WHERE ${DECIDED}`

/** The latest error stays in sight while the job waits. What was not started keeps its place, and has paid for its start. */
const WAIT = `
  UPDATE backbeat_jobs SET
    status = ?, attempt = ?, redeliveries = ?, run_at = coalesce(?, run_at), ready = ?, start_reserved = ?,
    started_at = CASE WHEN ? AND started_at = attempt_started_at THEN NULL ELSE started_at END,
    error_type = coalesce(?, error_type), error_message = coalesce(?, error_message),
    traceback = CASE WHEN ? THEN ? ELSE traceback END,
    errors = coalesce(?, errors), errors_count = coalesce(?, errors_count), warnings = coalesce(?, warnings),
    attempt_started_at = NULL, worker = NULL, lease_expires_at = NULL, heartbeat_at = NULL
  WHERE ${DECIDED}`

const KEEP_ATTEMPT = `
  INSERT INTO backbeat_attempts (
    job_id, ordinal, attempt, outcome, worker, started_at, ended_at, error_type, error_message, traceback
  )
  SELECT id, delivery, attempt, ?, worker, attempt_started_at, ?, ?, ?, ?
  FROM backbeat_jobs WHERE ${DECIDED}`

const LISTS = `
  SELECT errors, warnings FROM backbeat_jobs WHERE id = ? AND status = 'running' AND delivery = ?`

const SETTLED_AT_REST = `
  SELECT 1 AS found FROM backbeat_jobs WHERE id = ? AND delivery = ? AND status = ? AND attempt_outcome = ?`

const SETTLED_BEFORE = `SELECT 1 AS found FROM backbeat_attempts WHERE job_id = ? AND ordinal = ? AND outcome = ?`

const LOOK = `SELECT cancel_requested_at, cancel_reason FROM backbeat_jobs WHERE ${HELD}`

/** Writes attempts' outcomes. Called inside a transaction. Answers in the order given. */
export function settleAttempts(
  connection: SqliteConnection,
  settlements: readonly Settlement[],
  now: number,
): SettlementResult[] {
  const completed = completeAttempts(connection, settlements, now)
  return settlements.map((settlement) =>
    completed.has(settlement) ? { kind: 'written' } : settleAttempt(connection, settlement, now),
  )
}

/** Writes an attempt's outcome. Called inside a transaction. */
export function settleAttempt(connection: SqliteConnection, settlement: Settlement, now: number): SettlementResult {
  if (!write(connection, settlement, now)) {
    // Whatever else is to be said of a job that was claimed in bulk is said of a row that says that it runs.
    const isWritten = wroteOut(connection, settlement.lease) && write(connection, settlement, now)
    if (!isWritten) return whyNot(connection, settlement, now)
  }
  connection.noteChange(settlement.lease.jobId)
  freeSlots(connection, settlement.lease.jobId)
  return { kind: 'written' }
}

function write(connection: SqliteConnection, settlement: Settlement, now: number): boolean {
  const how = isResting(settlement.changes.status) ? rest : wait
  return how(connection, settlement, now)
}

/** The parameters of {@link HELD}. */
function heldBy({ lease, onlyIfExpired }: Settlement, now: number): [string, number, number, number] {
  return [lease.jobId, lease.delivery, onlyIfExpired ? 0 : 1, now]
}

function rest(connection: SqliteConnection, settlement: Settlement, now: number): boolean {
  const { changes } = settlement
  const error = changes.error && storableError(changes.error)
  const lists = listsWith(connection, settlement, error)
  const completed = changes.status === 'completed' || changes.status === 'completed_with_warnings'
  const { changes: rows } = connection
    .statement(REST)
    .run(
      changes.status,
      changes.attempt,
      changes.redeliveries,
      now,
      changes.attemptOutcome,
      toJsonText(changes.result),
      error?.type ?? null,
      error?.message ?? null,
      error?.traceback ?? null,
      changes.cancelReason === null ? null : storableMessage(changes.cancelReason),
      lists.errors,
      lists.errorsCount,
      lists.warnings,
      completed ? 100 : null,
      ...heldBy(settlement, now),
      settlement.knewOfCancel ? 1 : 0,
    )
  if (rows === 0) return false
  raiseNotification(connection, settlement, now)
  return true
}

function wait(connection: SqliteConnection, settlement: Settlement, now: number): boolean {
  const { changes } = settlement
  const error = changes.error && storableError(changes.error)
  const fence = [...heldBy(settlement, now), settlement.knewOfCancel ? 1 : 0]
  const unstarted = changes.attemptOutcome === null ? 1 : 0
  if (!unstarted) {
    const { changes: kept } = connection
      .statement(KEEP_ATTEMPT)
      .run(changes.attemptOutcome, now, error?.type ?? null, error?.message ?? null, error?.traceback ?? null, ...fence)
    if (kept === 0) return false
  }
  const lists = listsWith(connection, settlement, error)
  const runAt = now + Math.round(changes.delayMs ?? 0)
  const { changes: rows } = connection
    .statement(WAIT)
    .run(
      changes.status,
      changes.attempt,
      changes.redeliveries,
      unstarted ? null : runAt,
      runAt <= now ? 1 : 0,
      unstarted,
      unstarted,
      error?.type ?? null,
      error?.message ?? null,
      error ? 1 : 0,
      error?.traceback ?? null,
      lists.errors,
      lists.errorsCount,
      lists.warnings,
      ...fence,
    )
  return rows === 1
}

interface Lists {
  errors: string | null
  errorsCount: number | null
  warnings: string | null
}

/** The job's lists with what is new; `null` where nothing is, which is the usual case and reads nothing. */
function listsWith(connection: SqliteConnection, { lease, changes }: Settlement, error: RecordedError | null): Lists {
  const unchanged: Lists = { errors: null, errorsCount: null, warnings: null }
  if (!error && changes.warnings.length === 0) return unchanged
  const row = connection.statement(LISTS).get(lease.jobId, lease.delivery)
  if (!row) return unchanged
  const errors = error && appendErrors(String(row.errors), [error])
  return {
    errors: errors?.errors ?? null,
    errorsCount: errors?.count ?? null,
    warnings: changes.warnings.length === 0 ? null : appendWarnings(String(row.warnings), changes.warnings),
  }
}

/** Whether this delivery is on record as just that: in the job's row where it rests, else among its attempts. */
function wasSettled(connection: SqliteConnection, { lease, changes }: Settlement): boolean {
  const { jobId, delivery } = lease
  const { status, attemptOutcome } = changes
  return (
    connection.statement(SETTLED_AT_REST).get(jobId, delivery, status, attemptOutcome) !== undefined ||
    connection.statement(SETTLED_BEFORE).get(jobId, delivery, attemptOutcome) !== undefined
  )
}

function whyNot(connection: SqliteConnection, settlement: Settlement, now: number): SettlementResult {
  const row = connection.statement(LOOK).get(...heldBy(settlement, now))
  if (settlement.triedBefore && wasSettled(connection, settlement)) return { kind: 'written' }
  if (!row || settlement.knewOfCancel || row.cancel_requested_at === null) return { kind: 'refused' }
  return { kind: 'undecided', cancelRequested: String(row.cancel_reason ?? '') }
}
