import type { RetryScope } from '../../job/job.ts'
import type { Json } from '../../json.ts'
import type { Claim, ClaimedJob, ClaimRequest } from '../store.ts'
import type { PostgresConnection } from './connection.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** So many jobs at most become ready in one statement, so that a crowd that falls due at once holds nobody up. */
const PROMOTION_LIMIT = 5000
/** Claimers that are in each other's way look again this often at most. */
const TRIES = 5
/** When to look again for jobs that are due and that someone else holds, in milliseconds. */
const HELD_UP_MS = 50

const DELAYED = `ready = 0 AND status IN ('pending', 'retrying')`
const TURN = 'priority DESC, run_at, id'
const CLAIMED = `
  id, delivery, task_type, queue, input, attempt, max_attempts, redeliveries, max_redeliveries,
  triggered_by, tags, retry_scope, total_items, processed_items, successful_items, failed_items,
  unique_key, started_at, priority, run_at`

export type ClaimSql = ReturnType<typeof claimSql>

/** Parameters: the time, worker, lease, limit, whether to hold back while jobs are due but not ready, queues. */
export function claimSql({ jobs }: TableNames) {
  // A walk from queue to queue along the index: its cost follows the number of queues, not what waits.
  const anyQueue = `
    queues AS (
      (SELECT queue FROM ${jobs} WHERE ready = 1 ORDER BY queue LIMIT 1)
      UNION ALL
      SELECT (SELECT next.queue FROM ${jobs} AS next WHERE ready = 1 AND next.queue > queues.queue ORDER BY queue LIMIT 1)
      FROM queues WHERE queues.queue IS NOT NULL
    )`
  const givenQueues = `queues AS (SELECT DISTINCT queue FROM unnest($6::text[]) AS queue)`
  return {
    any: takeSql(jobs, anyQueue),
    given: takeSql(jobs, givenQueues),
    promote: `
      UPDATE ${jobs} SET ready = 1 WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${jobs} WHERE ${DELAYED} AND run_at <= ${NOW}
        ORDER BY run_at LIMIT ${PROMOTION_LIMIT} FOR NO KEY UPDATE SKIP LOCKED
      ))`,
  }
}

/**
 * Without locks, the best of every queue is merged to see how many of the claim each queue gets;
 * each then gives that many, and what others have locked is passed over. With one queue there is
 * nothing to merge. Always answers a row, for the time of the next job that is due.
 */
function takeSql(jobs: string, queues: string): string {
  return `
    WITH RECURSIVE ${queues},
    due AS (SELECT run_at - ${NOW} AS wait FROM ${jobs} WHERE ${DELAYED} ORDER BY run_at LIMIT 1),
    open AS (
      SELECT queue, count(*) OVER () AS among FROM queues
      WHERE queue IS NOT NULL AND NOT ($5 AND EXISTS (SELECT FROM due WHERE wait <= 0))
    ),
    heads AS (
      SELECT best.queue FROM open CROSS JOIN LATERAL (
        SELECT queue, priority, run_at, id FROM ${jobs} WHERE ready = 1 AND queue = open.queue ORDER BY ${TURN} LIMIT $4
      ) AS best
      WHERE open.among > 1 ORDER BY ${TURN} LIMIT $4
    ),
    shares AS (
      SELECT queue, count(*) AS share FROM heads GROUP BY queue
      UNION ALL SELECT queue, $4 FROM open WHERE among = 1
    ),
    taken AS (
      UPDATE ${jobs} SET
        status = 'running', ready = 0, delivery = delivery + 1, attempt = attempt + 1, worker = $2,
        attempt_started_at = ${NOW}, started_at = coalesce(started_at, ${NOW}), heartbeat_at = ${NOW},
        lease_expires_at = ${NOW} + $3::bigint
      WHERE ready = 1 AND ctid = ANY(ARRAY(
        SELECT place FROM shares CROSS JOIN LATERAL (
          SELECT ctid AS place FROM ${jobs} WHERE ready = 1 AND queue = shares.queue
          ORDER BY ${TURN} LIMIT shares.share FOR NO KEY UPDATE SKIP LOCKED
        ) AS free
      ))
      RETURNING ${CLAIMED}
    )
    SELECT (SELECT wait FROM due) AS due_wait, (SELECT count(*) FROM heads) AS seen, taken.*
    FROM (SELECT 1) AS always LEFT JOIN taken ON true`
}

/** Claims what is due. */
export async function claimJobs(
  connection: PostgresConnection,
  sql: ClaimSql,
  time: StoreTime,
  request: ClaimRequest,
): Promise<Claim> {
  const claimed: TakenRow[] = []
  let answer: Taken = { rows: [], wait: null, seen: 0 }
  let heldUp = false
  // A claim of nothing only asks when the next job is due.
  for (let tries = 0, promoted = request.limit < 1; tries < TRIES; tries++) {
    try {
      answer = await take(connection, sql, time, { ...request, limit: request.limit - claimed.length }, !promoted)
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
  return { jobs: claimed.sort(byTurn).map(claimedJobOf), nextDueAt: nextDueAt(answer.wait, heldUp, time) }
}

interface Taken {
  rows: TakenRow[]
  /** How long until the next waiting job is due; `null` where none waits. */
  wait: number | null
  /** How many jobs were ready in the queues that had to be merged. */
  seen: number
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
  }
}

/** By this process's clock. Jobs that are due but held by others must not be looked for without a pause. */
function nextDueAt(wait: number | null, heldUp: boolean, time: StoreTime): number | null {
  if (wait === null) return null
  return time.local(heldUp ? Math.max(wait, HELD_UP_MS) : wait)
}

interface TakenRow {
  id: string
  delivery: number
  task_type: string
  queue: string
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
  priority: number
  run_at: number
}

type AnswerRow = (TakenRow | { id: null }) & { due_wait: number | null; seen: number }

function byTurn(a: TakenRow, b: TakenRow): number {
  return b.priority - a.priority || a.run_at - b.run_at || (a.id < b.id ? -1 : 1)
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
