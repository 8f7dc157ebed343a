import type { RetryScope } from '../../job/job.ts'
import type { Json } from '../../json.ts'
import { mergeLanes } from '../sql/lanes.ts'
import type { Claim, ClaimedJob, ClaimRequest, StoreChange } from '../store.ts'
import { type AdmissionSql, admissionSql, admitRows, type RestrictedRow } from './admissions.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { lockName, lockNames } from './slots.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** So many jobs at most become ready in one statement, so that a crowd that falls due at once holds nobody up. */
const PROMOTION_LIMIT = 5000
/** Claimers that are in each other's way look again this often at most. */
const TRIES = 5
/** When to look again for jobs that are due and that someone else holds, in milliseconds. */
const HELD_UP_MS = 50
/** Jobs that may not start are put aside, and others looked at in their place, so often at most in one claim. */
const MAX_ROUNDS = 10
const CROWD = 200

const DELAYED = `ready = 0 AND blocked_by IS NULL AND status IN ('pending', 'retrying')`
const TURN = 'priority DESC, turn, run_at, id'
const CLAIMED = `
  id, delivery, task_type, queue, input, attempt, max_attempts, redeliveries, max_redeliveries,
  triggered_by, tags, retry_scope, total_items, processed_items, successful_items, failed_items,
  unique_key, started_at, priority, run_at, turn, tenant`

export type ClaimSql = ReturnType<typeof claimSql>

export function claimSql(tables: TableNames) {
  const { jobs, queues } = tables
  return {
    any: takeSql(tables, anyQueue(jobs)),
    given: takeSql(tables, givenQueues('$6')),
    promote: `
      UPDATE ${jobs} SET ready = 1 WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${jobs} WHERE ${DELAYED} AND run_at <= ${NOW}
        ORDER BY run_at LIMIT ${PROMOTION_LIMIT} FOR NO KEY UPDATE SKIP LOCKED
      ))`,
    queues,
    limited: `SELECT name FROM ${queues} WHERE concurrency IS NOT NULL AND ($1::text[] IS NULL OR name = ANY($1))`,
    candidatesOfAny: candidatesSql(tables, anyQueue(jobs)),
    candidatesOfGiven: candidatesSql(tables, givenQueues('$2')),
    takeThese: `WITH ${takenSql(tables, 'id = ANY($4::uuid[])')} SELECT * FROM taken`,
    advanceClock: `
      INSERT INTO ${tables.tenants} AS clock (queue, tenant, turn)
      SELECT queue, '', turn FROM json_to_recordset($1::json) AS latest (queue text, turn bigint) ORDER BY queue
      ON CONFLICT (queue, tenant) DO UPDATE SET turn = excluded.turn WHERE clock.turn < excluded.turn`,
    admission: admissionSql(tables) satisfies AdmissionSql,
  }
}

/** A walk from queue to queue along the index: its cost follows the number of queues, not what waits. */
function anyQueue(jobs: string): string {
  return `
    queues AS (
      (SELECT queue FROM ${jobs} WHERE ready = 1 ORDER BY queue LIMIT 1)
      UNION ALL
      SELECT (SELECT next.queue FROM ${jobs} AS next WHERE ready = 1 AND next.queue > queues.queue ORDER BY queue LIMIT 1)
      FROM queues WHERE queues.queue IS NOT NULL
    )`
}

function givenQueues(parameter: string): string {
  return `queues AS (SELECT DISTINCT queue FROM unnest(${parameter}::text[]) AS queue)`
}

/**
 * Locks the best jobs of the queues: `picked`. Without locks, the best of every queue is merged to see
 * how many of the claim each queue gets; each then gives that many, and what others have locked is
 * passed over. With one queue there is nothing to merge.
 *
 * @param limit the parameter that says how many jobs
 * @param columns of the jobs that are picked
 * @param when a condition for picking anything at all
 */
function pickSql({ jobs, queues }: TableNames, limit: string, columns: string, when = 'true'): string {
  const ready = (queue: string) => `
    FROM ${jobs} WHERE ready = 1 AND queue = ${queue}.queue AND created_at <= ${queue}.stored_until ORDER BY ${TURN}`
  return `
    settings AS MATERIALIZED (
      SELECT name, paused_at, draining_since, concurrency, CASE WHEN concurrency IS NOT NULL THEN concurrency - (
        SELECT count(*) FROM ${jobs} AS running WHERE running.status = 'running' AND running.queue = name
      ) END AS room
      FROM ${queues}
    ),
    open AS (
      SELECT queues.queue, coalesce(settings.draining_since, ${Number.MAX_SAFE_INTEGER}) AS stored_until,
        settings.concurrency IS NOT NULL AS limited, least(${limit}::bigint, settings.room) AS most, count(*) OVER () AS among
      FROM queues LEFT JOIN settings ON settings.name = queues.queue
      WHERE queues.queue IS NOT NULL AND settings.paused_at IS NULL AND coalesce(settings.room > 0, true) AND ${when}
    ),
    heads AS (
      SELECT open.queue, open.stored_until, open.limited FROM open CROSS JOIN LATERAL (
        SELECT priority, run_at, id ${ready('open')} LIMIT open.most
      ) AS best
      WHERE open.among > 1 ORDER BY priority DESC, run_at, id LIMIT ${limit}
    ),
    shares AS (
      SELECT queue, stored_until, limited, count(*) AS share FROM heads GROUP BY queue, stored_until, limited
      UNION ALL SELECT queue, stored_until, limited, most FROM open WHERE among = 1
    ),
    picked AS MATERIALIZED (
      SELECT free.*, shares.limited FROM shares CROSS JOIN LATERAL (
        SELECT ${columns} ${ready('shares')} LIMIT shares.share FOR NO KEY UPDATE SKIP LOCKED
      ) AS free
    )`
}

/** Parameters: the time, worker, lease, and what the condition needs. */
function takenSql({ jobs }: TableNames, which: string): string {
  return `
    taken AS (
      UPDATE ${jobs} SET
        status = 'running', ready = 0, start_reserved = 0, delivery = delivery + 1, attempt = attempt + 1, worker = $2,
        attempt_started_at = ${NOW}, started_at = coalesce(started_at, ${NOW}), heartbeat_at = ${NOW},
        lease_expires_at = ${NOW} + $3::bigint
      WHERE ready = 1 AND ${which}
      RETURNING ${CLAIMED}
    )`
}

/**
 * Claims, in one statement, what needs no decision: where one of the best jobs is restricted or may
 * have expired, or its queue is limited, nothing is taken, and the answer says that it is `guarded`.
 * No claim may take such a job but by {@link claimGuarded}, under the locks that keep two claimers
 * from the same room.
 *
 * Parameters: the time, worker, lease, limit, whether to hold back while jobs are due but not ready,
 * queues. Always answers a row, for the time of the next job that is due.
 */
function takeSql(tables: TableNames, queues: string): string {
  const { jobs } = tables
  const columns = 'ctid AS place, (restrictions IS NOT NULL OR expires_at IS NOT NULL) AS restricted'
  const when = 'NOT ($5 AND EXISTS (SELECT FROM due WHERE wait <= 0))'
  return `
    WITH RECURSIVE ${queues},
    due AS (SELECT run_at - ${NOW} AS wait FROM ${jobs} WHERE ${DELAYED} ORDER BY run_at LIMIT 1),
    ${pickSql(tables, '$4', columns, when)},
    guarded AS MATERIALIZED (SELECT coalesce(bool_or(restricted OR limited), false) AS guarded FROM picked),
    ${takenSql(tables, 'ctid = ANY(ARRAY(SELECT place FROM picked WHERE NOT (SELECT guarded FROM guarded)))')}
    SELECT (SELECT wait FROM due) AS due_wait, (SELECT count(*) FROM heads) AS seen,
      (SELECT guarded FROM guarded) AS guarded, taken.*
    FROM (SELECT 1) AS always LEFT JOIN taken ON true`
}

/** Parameters: limit, queues. */
function candidatesSql(tables: TableNames, queues: string): string {
  const columns = 'id, queue, priority, run_at, turn, restrictions, expires_at, start_reserved'
  return `WITH RECURSIVE ${queues}, ${pickSql(tables, '$1', columns)} SELECT * FROM picked`
}

/**
 * Claims what is due.
 *
 * @param tell is told of what else changed
 */
export async function claimJobs(
  connection: PostgresConnection,
  sql: ClaimSql,
  time: StoreTime,
  request: ClaimRequest,
  tell: (change: StoreChange) => void,
): Promise<Claim> {
  const claimed: TakenRow[] = []
  let answer: Taken = { rows: [], wait: null, seen: 0, guarded: false }
  let heldUp = false
  let more = false
  // A claim of nothing only asks when the next job is due.
  for (let tries = 0, promoted = request.limit < 1; tries < TRIES; tries++) {
    try {
      const rest = { ...request, limit: request.limit - claimed.length }
      answer = await take(connection, sql, time, rest, !promoted)
      if (answer.guarded) {
        more = await claimGuarded(connection, sql, time, rest, tell, claimed)
        answer = await take(connection, sql, time, { ...request, limit: 0 }, false)
        break
      }
    } catch (error) {
      // What is claimed already must reach its worker.
      if (claimed.length === 0) throw error
      break
    }
    claimed.push(...answer.rows)
    if (!promoted && answer.wait !== null && answer.wait <= 0) {
      promoted = true
      heldUp = (await connection.run(sql.promote, [time.parameter])).rowCount === 0
    } else if (claimed.length >= request.limit || answer.rows.length >= answer.seen) break
  }
  await advanceClocks(connection, sql, claimed)
  return {
    jobs: inTurn(claimed).map(claimedJobOf),
    nextDueAt: more ? time.local(0) : nextDueAt(answer.wait, heldUp, time),
  }
}

interface Taken {
  rows: TakenRow[]
  /** How long until the next waiting job is due; `null` where none waits. */
  wait: number | null
  /** How many jobs were ready in the queues that had to be merged. */
  seen: number
  /** Whether nothing was taken because something may have to be kept from starting. */
  guarded: boolean
}

async function take(
  connection: PostgresConnection,
  sql: ClaimSql,
  time: StoreTime,
  { worker, leaseMs, limit, queues }: ClaimRequest,
  holdBack: boolean,
): Promise<Taken> {
  const parameters = [time.parameter, worker, leaseMs, Math.max(0, limit), holdBack]
  const { rows } = await (queues === null
    ? connection.run<AnswerRow>(sql.any, parameters)
    : connection.run<AnswerRow>(sql.given, [...parameters, queues]))
  return {
    rows: rows.filter((row) => row.id !== null),
    wait: rows[0]?.due_wait ?? null,
    seen: rows[0]?.seen ?? 0,
    guarded: rows[0]?.guarded ?? false,
  }
}

/**
 * Claims jobs of which some may have to be kept from starting. Each round is a transaction of its own:
 * it locks all of its keys at once, and what it looked at in vain is soon free for others.
 *
 * @param claimed is added to; what one round claimed stays claimed where a later one fails
 * @returns whether there may be more to claim
 */
async function claimGuarded(
  connection: PostgresConnection,
  sql: ClaimSql,
  time: StoreTime,
  request: ClaimRequest,
  tell: (change: StoreChange) => void,
  claimed: TakenRow[],
): Promise<boolean> {
  const wanted = claimed.length + request.limit
  for (let number = 0; number < MAX_ROUNDS; number += 1) {
    const capacity = wanted - claimed.length
    // Where some were put aside there may be a crowd of them, so more are looked at.
    const look = number === 0 ? capacity : Math.max(capacity, CROWD)
    const round = await connection.transaction((session) => claimRound(session, sql, time, request, capacity, look))
    claimed.push(...round.rows)
    if (round.expired > 0) tell('rested')
    // While this round had them locked, another claimer may have found nothing.
    if (round.passedOver > 0) tell('ready')
    if (round.rows.length === round.seen || round.rows.length === capacity) return false
  }
  return true
}

interface Round {
  rows: TakenRow[]
  /** How many jobs were looked at. */
  seen: number
  expired: number
  passedOver: number
}

async function claimRound(
  session: Session,
  sql: ClaimSql,
  time: StoreTime,
  { worker, leaseMs, queues }: ClaimRequest,
  capacity: number,
  look: number,
): Promise<Round> {
  // Before anything is counted: two claimers that count at once would both take the last place.
  const limited = await session.run<{ name: string }>(sql.limited, [queues])
  await lockNames(
    session,
    limited.rows.map(({ name }) => lockName(sql.queues, name)),
  )
  const picked = await (queues === null
    ? session.run<CandidateRow>(sql.candidatesOfAny, [look])
    : session.run<CandidateRow>(sql.candidatesOfGiven, [look, queues]))
  const candidates = inTurn(picked.rows)
  const { rows: admitted, ...others } = await admitRows(session, sql.admission, time, candidates, capacity)
  const ids = admitted.map(({ id }) => id)
  const taken =
    ids.length === 0 ? [] : (await session.run<TakenRow>(sql.takeThese, [time.parameter, worker, leaseMs, ids])).rows
  return { rows: taken, seen: candidates.length, ...others }
}

/**
 * Moves each queue's clock on to the turn that was claimed. Not in the statement that takes the jobs:
 * few have a tenant, and those would be taken by one claimer at a time.
 */
async function advanceClocks(connection: PostgresConnection, sql: ClaimSql, claimed: readonly TakenRow[]) {
  const latest = new Map<string, number>()
  for (const { queue, tenant, turn } of claimed) {
    if (tenant !== null) latest.set(queue, Math.max(turn, latest.get(queue) ?? 0))
  }
  if (latest.size === 0) return
  const rows = JSON.stringify([...latest].map(([queue, turn]) => ({ queue, turn })))
  // What is claimed must reach its worker; the next claim moves the clock as well.
  await connection.run(sql.advanceClock, [rows]).catch(() => {})
}

/** By this process's clock. Jobs that are due but held by others must not be looked for without a pause. */
function nextDueAt(wait: number | null, heldUp: boolean, time: StoreTime): number | null {
  if (wait === null) return null
  return time.local(heldUp ? Math.max(wait, HELD_UP_MS) : wait)
}

interface OrderedRow {
  id: string
  queue: string
  priority: number
  run_at: number
  turn: number
}

interface CandidateRow extends OrderedRow, RestrictedRow {}

interface TakenRow extends OrderedRow {
  tenant: string | null
  delivery: number
  task_type: string
  input: string
  attempt: number
  max_attempts: number
  redeliveries: number
  max_redeliveries: number
  triggered_by: string
  tags: string
  retry_scope: RetryScope
  total_items: number
  processed_items: number
  successful_items: number
  failed_items: number
  unique_key: string | null
  started_at: number
}

type AnswerRow = (TakenRow | { id: null }) & { due_wait: number | null; seen: number; guarded: boolean }

/** Each queue in its own order, merged. */
function inTurn<Row extends OrderedRow>(rows: readonly Row[]): Row[] {
  const lanes = Map.groupBy(rows, ({ queue }) => queue)
  return mergeLanes(
    [...lanes.values()].map((lane) => lane.sort(byTurn)),
    rows.length,
  )
}

function byTurn(a: OrderedRow, b: OrderedRow): number {
  return b.priority - a.priority || a.turn - b.turn || a.run_at - b.run_at || (a.id < b.id ? -1 : 1)
}

function claimedJobOf(row: TakenRow): ClaimedJob {
  return {
    jobId: row.id,
    delivery: row.delivery,
    taskType: row.task_type,
    queue: row.queue,
    input: JSON.parse(row.input) as Json,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    redeliveries: row.redeliveries,
    maxRedeliveries: row.max_redeliveries,
    triggeredBy: row.triggered_by,
    tags: row.tags === '[]' ? [] : (JSON.parse(row.tags) as string[]),
    retryScope: row.retry_scope,
    items: {
      total: row.total_items,
      processed: row.processed_items,
      successful: row.successful_items,
      failed: row.failed_items,
    },
    uniqueKey: row.unique_key,
    startedAt: row.started_at,
  }
}
