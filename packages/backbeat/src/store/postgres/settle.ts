import type { Lease } from '../../job/assignment.ts'
import { MAX_RECORDED_ERRORS, MAX_WARNINGS } from '../../job/job.ts'
import type { RaisedNotification } from '../../job/notification.ts'
import { isResting } from '../../job/states.ts'
import { claimOf } from '../sql/bulk-leases.ts'
import { isPlainCompletion } from '../sql/plain-completion.ts'
import {
  appendErrors,
  appendWarnings,
  storableError,
  storableMessage,
  storableName,
  toJsonText,
} from '../sql/values.ts'
import type { Settlement, SettlementResult } from '../store.ts'
import { type WriteOutSql, writeOutSql, wroteOut } from './bulk-claims.ts'
import { completeSql, completion } from './complete.ts'
import type { PostgresConnection, Rows, Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { raiseSql } from './notifications.ts'
import { findSettledBefore, settledBeforeSql } from './settled-before.ts'
import { passOn, type SlotSql, slotSql } from './slots.ts'
import { heldBy, NOW, type StoreTime, type TableNames } from './statements.ts'

/** Parameter `$2` of each statement: the settlements as a JSON list. */
const SETTLED = `json_to_recordset($2::json) AS settled (
  id uuid, delivery bigint, status text, attempt bigint, redeliveries bigint, delay bigint, ready bigint,
  outcome text, result text, error_type text, error_message text, traceback text, error text, warnings text,
  cancel_reason text, percent bigint, if_expired boolean, knew_of_cancel boolean,
  fingerprint text, told_type text, told_message text
)`

const NOT_EXPIRED = `AND (NOT settled.if_expired OR job.lease_expires_at < ${NOW})`
const HELD = heldBy('job', 'settled', NOT_EXPIRED)
/** And nobody has asked to cancel without the decision knowing. */
const DECIDED = heldBy(
  'job',
  'settled',
  `${NOT_EXPIRED} AND (job.cancel_requested_at IS NULL OR settled.knew_of_cancel)`,
)

/** The job's lists with what is new, as far as there is room. The warnings of a job hardly ever come twice. */
const LISTS = `
  errors = CASE
    WHEN settled.error IS NULL OR job.errors_count >= ${MAX_RECORDED_ERRORS} THEN job.errors
    WHEN job.errors_count = 0 THEN '[' || settled.error || ']'
    ELSE left(job.errors, -1) || ',' || settled.error || ']' END,
  errors_count = least(${MAX_RECORDED_ERRORS}, job.errors_count + CASE WHEN settled.error IS NULL THEN 0 ELSE 1 END),
  warnings = CASE
    WHEN settled.warnings IS NULL THEN job.warnings
    WHEN job.warnings = '[]' THEN settled.warnings
    ELSE (
      SELECT json_agg(one ORDER BY place)::text FROM (
        SELECT one, place FROM (
          SELECT one, place FROM json_array_elements(job.warnings::json) WITH ORDINALITY AS old (one, place)
          UNION ALL
          SELECT one, ${MAX_WARNINGS} + place
          FROM json_array_elements(settled.warnings::json) WITH ORDINALITY AS new (one, place)
        ) AS every ORDER BY place LIMIT ${MAX_WARNINGS}
      ) AS first
    ) END`

export type SettleSql = ReturnType<typeof settleSql>

export function settleSql(tables: TableNames) {
  const { jobs, attempts, slots } = tables
  // In the statement itself: a job that runs no more must not be seen to hold a slot.
  const freeing = `
    noted AS (${journalSql(tables, 'settled_jobs')}),
    freed AS (DELETE FROM ${slots} AS slot USING settled_jobs WHERE slot.job_id = settled_jobs.id::text RETURNING slot.key)
    SELECT id, NULL AS key FROM settled_jobs UNION ALL SELECT NULL, key FROM freed`
  return {
    slot: slotSql(tables) satisfies SlotSql,
    complete: completeSql(tables),
    writeOut: writeOutSql(tables) satisfies WriteOutSql,

    /** The row goes on to record this attempt, its error included. */
    rest: `
      WITH settled_jobs AS (
        UPDATE ${jobs} AS job SET
          status = settled.status, attempt = settled.attempt, redeliveries = settled.redeliveries,
          completed_at = ${NOW}, attempt_outcome = settled.outcome, result = settled.result,
          error_type = settled.error_type, error_message = settled.error_message, traceback = settled.traceback,
          cancel_reason = coalesce(settled.cancel_reason, job.cancel_reason), lease_expires_at = NULL,
          progress_percent = coalesce(settled.percent, job.progress_percent), ${LISTS}
        FROM ${SETTLED} WHERE ${DECIDED}
        RETURNING job.id, job.task_type, job.status, job.triggered_by, job.completed_at,
          settled.fingerprint, settled.told_type, settled.told_message
      ),
      raised AS (${raiseSql(tables, 'settled_jobs')}),
      ${freeing}`,

    /** The latest error stays in sight while the job waits. What was not started keeps its place, and has paid for its start. */
    wait: `
      WITH held AS MATERIALIZED (
        SELECT settled.*, job.worker, job.attempt_started_at, job.attempt AS attempt_before
        FROM ${SETTLED} JOIN ${jobs} AS job ON ${DECIDED}
        FOR NO KEY UPDATE OF job
      ),
      kept AS (
        INSERT INTO ${attempts} (
          job_id, ordinal, attempt, outcome, worker, started_at, ended_at, error_type, error_message, traceback
        )
        SELECT id, delivery, attempt_before, outcome, worker, attempt_started_at, ${NOW}, error_type, error_message, traceback
        FROM held WHERE outcome IS NOT NULL
      ),
      settled_jobs AS (
        UPDATE ${jobs} AS job SET
          status = settled.status, attempt = settled.attempt, redeliveries = settled.redeliveries,
          run_at = CASE WHEN settled.outcome IS NULL THEN job.run_at ELSE ${NOW} + settled.delay END, ready = settled.ready,
          start_reserved = CASE WHEN settled.outcome IS NULL THEN 1 ELSE 0 END,
          started_at = CASE WHEN settled.outcome IS NULL AND job.started_at = job.attempt_started_at
            THEN NULL ELSE job.started_at END,
          error_type = coalesce(settled.error_type, job.error_type),
          error_message = coalesce(settled.error_message, job.error_message),
          traceback = CASE WHEN settled.error IS NULL THEN job.traceback ELSE settled.traceback END,
          attempt_started_at = NULL, worker = NULL, lease_expires_at = NULL, heartbeat_at = NULL, ${LISTS}
        FROM held AS settled WHERE job.id = settled.id
        RETURNING job.id
      ),
      ${freeing}`,

    /** In the order in which everyone locks several jobs. */
    lock: `SELECT FROM ${jobs} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,

    before: settledBeforeSql(tables),

    look: `
      SELECT job.id, job.cancel_requested_at, job.cancel_reason FROM ${SETTLED} JOIN ${jobs} AS job ON ${HELD}`,
  }
}

export interface Settled {
  results: SettlementResult[]
  /** How many jobs that waited for the end of one of these may be claimed now. */
  unblocked: number
}

/** Writes attempts' outcomes in one transaction: the usual case is one statement, and so one round trip. */
export async function settleAttempts(
  connection: PostgresConnection,
  sql: SettleSql,
  time: StoreTime,
  settlements: readonly Settlement[],
): Promise<Settled> {
  if (isOneStatement(settlements)) {
    const { results, freed } = await settleRound(connection, sql, time, settlements)
    return { results, unblocked: await passOnLater(connection, sql, freed) }
  }
  return connection.transaction((session) => settleIn(session, sql, time, settlements))
}

/** Writes attempts' outcomes in a transaction that is open. */
export async function settleIn(
  session: Session,
  sql: SettleSql,
  time: StoreTime,
  settlements: readonly Settlement[],
): Promise<Settled> {
  const ids = new Set(settlements.map(({ lease }) => lease.jobId))
  await session.run(sql.lock, [[...ids]])
  const all = new Map<Settlement, SettlementResult>()
  const allFreed: string[] = []
  for (const round of inRounds(settlements)) {
    const { results, freed } = await settleRound(session, sql, time, round)
    for (const [index, settlement] of round.entries()) all.set(settlement, results[index] ?? REFUSED)
    allFreed.push(...freed)
  }
  const results = settlements.map((settlement) => all.get(settlement) ?? REFUSED)
  return { results, unblocked: await passOn(session, sql.slot, allFreed) }
}

/**
 * In a transaction of its own, which few outcomes need. The outcomes are written by now, and must not be
 * said to have failed: where this fails, the jobs that wait are found by `tidy()`.
 */
async function passOnLater(connection: PostgresConnection, sql: SettleSql, freed: readonly string[]): Promise<number> {
  if (freed.length === 0) return 0
  try {
    return await connection.transaction((session) => passOn(session, sql.slot, freed))
  } catch {
    return 0
  }
}

function isOneStatement(settlements: readonly Settlement[]): boolean {
  const [first] = settlements
  const kind = first && kindOf(first)
  if (!settlements.every((settlement) => kindOf(settlement) === kind)) return false
  return new Set(settlements.map(({ lease }) => lease.jobId)).size === settlements.length
}

const WRITTEN: SettlementResult = { kind: 'written' }
const REFUSED: SettlementResult = { kind: 'refused' }

/** Each round has one settlement of a job at most; what is said of a job twice is looked at one by one. */
function inRounds(settlements: readonly Settlement[]): Settlement[][] {
  const rounds: Settlement[][] = []
  const seen = new Map<string, number>()
  for (const settlement of settlements) {
    const round = seen.get(settlement.lease.jobId) ?? 0
    seen.set(settlement.lease.jobId, round + 1)
    rounds[round] ??= []
    rounds[round].push(settlement)
  }
  return rounds
}

/** Answers in the order given. */
async function settleRound(
  session: Session,
  sql: SettleSql,
  time: StoreTime,
  round: readonly Settlement[],
): Promise<{ results: SettlementResult[]; freed: string[] }> {
  const more = round.filter((settlement) => kindOf(settlement) !== 'complete' && claimOf(settlement.lease))
  await wroteOut(session, sql.writeOut, leasesOf(more))
  const freed: string[] = []
  let unwritten = await writeRound(session, sql, time, round, freed)
  // A claim that this process knows nothing of may be one in bulk.
  if (unwritten.length > 0 && (await wroteOut(session, sql.writeOut, leasesOf(unwritten))))
    unwritten = await writeRound(session, sql, time, unwritten, freed)
  if (unwritten.length === 0) return { results: round.map(() => WRITTEN), freed }
  const why = await whyNot(session, sql, time, unwritten)
  const refused = new Set(unwritten)
  return {
    results: round.map((settlement) => (refused.has(settlement) ? (why.get(settlement) ?? REFUSED) : WRITTEN)),
    freed,
  }
}

function leasesOf(settlements: readonly Settlement[]): Lease[] {
  return settlements.map(({ lease }) => lease)
}

/** Returns those that could not be written. @param freed is added to */
async function writeRound(
  session: Session,
  sql: SettleSql,
  time: StoreTime,
  round: readonly Settlement[],
  freed: string[],
): Promise<readonly Settlement[]> {
  const unwritten: Settlement[] = []
  for (const [kind, some] of Map.groupBy(round, kindOf)) {
    const { rows } = await write(session, sql, time, kind, some)
    for (const { key } of rows) if (key !== null) freed.push(key)
    if (rows[0]?.written === some.length) continue
    const written = new Set(rows.map(({ id }) => id))
    unwritten.push(...some.filter(({ lease }) => !written.has(lease.jobId)))
  }
  return unwritten
}

function write(
  session: Session,
  sql: SettleSql,
  time: StoreTime,
  kind: ReturnType<typeof kindOf>,
  settlements: readonly Settlement[],
): Promise<Rows<SettledRow>> {
  if (kind !== 'complete') return session.run(sql[kind], [time.parameter, toRows(settlements)])
  const { how, parameters } = completion(settlements, time)
  return session.run(sql.complete[how], parameters)
}

/** How many jobs were written, where that is told; or a job that was written, or a key that was freed. */
interface SettledRow {
  written?: number | null
  id: string | null
  key: string | null
}

async function whyNot(
  session: Session,
  sql: SettleSql,
  time: StoreTime,
  settlements: readonly Settlement[],
): Promise<Map<Settlement, SettlementResult>> {
  if (settlements.length === 0) return new Map()
  const { rows } = await session.run<{ id: string; cancel_requested_at: number | null; cancel_reason: string | null }>(
    sql.look,
    [time.parameter, toRows(settlements)],
  )
  const held = new Map(rows.map((row) => [row.id, row]))
  const before = await findSettledBefore(session, sql.before, settlements)
  const answer = (settlement: Settlement): SettlementResult => {
    if (settlement.triedBefore && before.has(settlement.lease.jobId)) return WRITTEN
    const row = held.get(settlement.lease.jobId)
    if (!row || settlement.knewOfCancel || row.cancel_requested_at === null) return REFUSED
    return { kind: 'undecided', cancelRequested: row.cancel_reason ?? '' }
  }
  return new Map(settlements.map((settlement) => [settlement, answer(settlement)]))
}

/** By which statement an outcome is written. */
function kindOf(settlement: Settlement): 'complete' | 'rest' | 'wait' {
  if (isPlainCompletion(settlement)) return 'complete'
  return isResting(settlement.changes.status) ? 'rest' : 'wait'
}

/** In the order of the ids, which is the order in which everyone locks several jobs. */
function toRows(settlements: readonly Settlement[]): string {
  const sorted = settlements.toSorted((a, b) => (a.lease.jobId < b.lease.jobId ? -1 : 1))
  return JSON.stringify(sorted.map((settlement) => rowOf(settlement)))
}

function rowOf({ lease, changes, knewOfCancel, onlyIfExpired, notification }: Settlement) {
  const error = changes.error && storableError(changes.error)
  const delay = Math.round(changes.delayMs ?? 0)
  const completed = changes.status === 'completed' || changes.status === 'completed_with_warnings'
  return {
    id: lease.jobId,
    delivery: lease.delivery,
    status: changes.status,
    attempt: changes.attempt,
    redeliveries: changes.redeliveries,
    delay,
    ready: delay <= 0 ? 1 : 0,
    outcome: changes.attemptOutcome,
    result: toJsonText(changes.result),
    error_type: error?.type,
    error_message: error?.message,
    traceback: error?.traceback,
    error: error ? appendErrors('[]', [error]).errors.slice(1, -1) : undefined,
    warnings: changes.warnings.length === 0 ? undefined : appendWarnings('[]', changes.warnings),
    cancel_reason: changes.cancelReason === null ? undefined : storableMessage(changes.cancelReason),
    percent: completed ? 100 : undefined,
    if_expired: onlyIfExpired ?? false,
    knew_of_cancel: knewOfCancel,
    ...(notification && toldRow(notification)),
  }
}

function toldRow({ fingerprint, errorType, message }: RaisedNotification) {
  return {
    fingerprint,
    told_type: errorType === null ? undefined : storableName(errorType),
    told_message: message === null ? undefined : storableMessage(message),
  }
}
