import { type BulkClaim, holdBy, MIN_BULK } from '../sql/bulk-leases.ts'
import { DELAYED, READY } from '../sql/job-sets.ts'
import { mergeLanes } from '../sql/lanes.ts'
import type { OpenClaims } from '../sql/open-claims.ts'
import type { Claim, ClaimedJob, ClaimRequest } from '../store.ts'
import { admitRows } from './admissions.ts'
import { dropClaims, NOT_CLAIMED, recordClaim } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'
import { type OpenQueue, openQueues } from './open-queues.ts'
import { claimedOf, isBulkClaimable, READY_COLUMNS, type ReadyRow, readyRowOf } from './ready-row.ts'
import { advanceClock } from './turns.ts'

/** So many jobs at most become ready in one claim, so that a crowd that falls due at once holds nobody up. */
const PROMOTION_LIMIT = 5000

const FROM_DELAYED = `backbeat_jobs INDEXED BY backbeat_jobs_due WHERE ${DELAYED}`
const FROM_READY = `backbeat_jobs INDEXED BY backbeat_jobs_ready WHERE ${READY}`

/**
 * Each of these is a walk along one partial index. The planner, left to itself, may prefer an index
 * that holds all of history; hence the names.
 */
export const CLAIM_SQL = {
  nextDue: `SELECT run_at AS at FROM ${FROM_DELAYED} ORDER BY run_at LIMIT 1`,
  promote: `
    UPDATE backbeat_jobs SET ready = 1 WHERE id IN (
      SELECT id FROM ${FROM_DELAYED} AND run_at <= ? ORDER BY run_at LIMIT ${PROMOTION_LIMIT}
    )`,
  firstQueue: `SELECT min(queue) AS queue FROM ${FROM_READY}`,
  queueAfter: `SELECT min(queue) AS queue FROM ${FROM_READY} AND queue > ?`,
  anyReady: `SELECT 1 AS found FROM ${FROM_READY} AND queue = ? LIMIT 1`,
  ready: `
    SELECT ${READY_COLUMNS}
    FROM ${FROM_READY} AND queue = ? AND created_at <= ? AND ${NOT_CLAIMED}
    ORDER BY priority DESC, turn, run_at, id LIMIT ?`,
  take: `
    UPDATE backbeat_jobs SET
      status = 'running', ready = 0, start_reserved = 0, delivery = delivery + 1, attempt = attempt + 1, worker = ?1,
      attempt_started_at = ?2, started_at = coalesce(started_at, ?2), heartbeat_at = ?2, lease_expires_at = ?3
    WHERE rowid IN (SELECT value FROM json_each(?4))`,
} as const

/** Jobs that may not start are put aside, and others looked at in their place, so often at most in one claim. */
const MAX_ROUNDS = 10
const CROWD = 200

/**
 * Claims what is due. Takes the write lock only when there is something to take.
 *
 * @param open the bulk claims of this process
 * @param clock asked again once the lock is held: a job must not start before what was written last
 */
export function claimJobs(
  connection: SqliteConnection,
  request: ClaimRequest,
  open: OpenClaims,
  clock: () => number,
): Claim {
  if (request.limit < 1 || !hasWork(connection, request, clock())) return { jobs: [], nextDueAt: nextDueAt(connection) }
  const finished = open.finished
  const made: BulkClaim[] = []
  const claim = connection.write(() => {
    const now = clock()
    dropClaims(connection, finished)
    if ((nextDueAt(connection) ?? Number.POSITIVE_INFINITY) <= now) connection.statement(CLAIM_SQL.promote).run(now)
    const { jobs, more } = claimInRounds(connection, request, made, now)
    return { jobs, nextDueAt: more ? now : nextDueAt(connection) }
  })
  open.forget(finished)
  for (const one of made) open.add(one)
  return claim
}

/** @param made is added to */
function claimInRounds(connection: SqliteConnection, request: ClaimRequest, made: BulkClaim[], now: number) {
  const queues = openQueues(connection, namesOf(connection, request))
  const jobs: ClaimedJob[] = []
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const capacity = request.limit - jobs.length
    // Where some were put aside there may be a crowd of them, so more are looked at.
    const candidates = readyRows(connection, queues, round === 0 ? capacity : Math.max(capacity, CROWD))
    const admitted = admitRows(connection, candidates, capacity, now)
    const inBulk = new Set(bulkOf(admitted, queues, request))
    const others = inBulk.size === 0 ? admitted : admitted.filter((row) => !inBulk.has(row))
    takeRows(connection, others, request, now)
    const claim = takeInBulk(connection, [...inBulk], request, now)
    if (claim) made.push(claim)
    for (const row of admitted) {
      const job = claimedOf(row, now)
      if (claim && inBulk.has(row)) holdBy(job, claim, row.rowid)
      jobs.push(job)
    }
    for (const { queue } of admitted) {
      const open = queues.get(queue)
      if (open) open.room -= 1
    }
    if (admitted.length === candidates.length || admitted.length === capacity) return { jobs, more: false }
  }
  return { jobs, more: true }
}

/** Those of the rows that a record of the claim is enough for. */
function bulkOf(
  rows: readonly ReadyRow[],
  queues: ReadonlyMap<string, OpenQueue>,
  { areQuick, limit }: ClaimRequest,
): readonly ReadyRow[] {
  if (!areQuick || limit < MIN_BULK) return []
  return rows.filter((row) => isBulkClaimable(row) && !queues.get(row.queue)?.isLimited)
}

/** All in one statement: one for each job costs half as much again. */
function takeRows(
  connection: SqliteConnection,
  rows: readonly ReadyRow[],
  { worker, leaseMs }: ClaimRequest,
  now: number,
): void {
  if (rows.length === 0) return
  const rowids = JSON.stringify(rows.map(({ rowid }) => rowid))
  connection.statement(CLAIM_SQL.take).run(worker, now, now + leaseMs, rowids)
  for (const row of rows) {
    if (row.tenant !== null) advanceClock(connection, row.queue, row.turn)
    connection.noteChange(row.id)
  }
}

function takeInBulk(
  connection: SqliteConnection,
  rows: readonly ReadyRow[],
  { worker, leaseMs }: ClaimRequest,
  now: number,
): BulkClaim | undefined {
  if (rows.length === 0) return undefined
  const rowids = rows.map(({ rowid }) => rowid)
  return { id: recordClaim(connection, rowids, worker, now, leaseMs), left: 0 }
}

function hasWork(connection: SqliteConnection, request: ClaimRequest, now: number): boolean {
  const due = nextDueAt(connection)
  if (due !== null && due <= now) return true
  const queues = openQueues(connection, namesOf(connection, request))
  return readyRows(connection, queues, 1).length > 0
}

function nextDueAt(connection: SqliteConnection): number | null {
  return (connection.statement(CLAIM_SQL.nextDue).get()?.at ?? null) as number | null
}

/** The best of every queue, merged: the cost follows the number of queues and the limit, not what waits. */
function readyRows(connection: SqliteConnection, queues: ReadonlyMap<string, OpenQueue>, limit: number): ReadyRow[] {
  const lanes: ReadyRow[][] = []
  for (const [name, { room, storedUntil }] of queues) {
    const found = connection.arrays(CLAIM_SQL.ready, name, storedUntil, Math.min(limit, room))
    if (found.length > 0) lanes.push(found.map((values) => readyRowOf(values, name)))
  }
  return lanes.length === 1 ? (lanes[0] as ReadyRow[]) : mergeLanes(lanes, limit)
}

function namesOf(connection: SqliteConnection, { queues }: ClaimRequest): string[] {
  return queues === null ? queuesWithReadyJobs(connection) : [...new Set(queues)]
}

function queuesWithReadyJobs(connection: SqliteConnection): string[] {
  const names: string[] = []
  let name = connection.statement(CLAIM_SQL.firstQueue).get()?.queue
  while (typeof name === 'string') {
    names.push(name)
    name = connection.statement(CLAIM_SQL.queueAfter).get(name)?.queue
  }
  return names
}
