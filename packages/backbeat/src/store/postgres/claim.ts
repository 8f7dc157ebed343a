import { MIN_BULK } from '../sql/bulk-leases.ts'
import type { OpenClaims } from '../sql/open-claims.ts'
import type { Kind } from '../sql/running-jobs.ts'
import type { Claim, ClaimRequest, StoreChange } from '../store.ts'
import { admitRows } from './admissions.ts'
import type { ClaimFloors } from './claim-floors.ts'
import {
  type AnswerRow,
  type CandidateRow,
  type ClaimAnswer,
  inTurn,
  isApart,
  kindOf,
  kindParameters,
  type SentObject,
  type SentRow,
  type TakenRow,
  takenRowOf,
} from './claim-rows.ts'
import type { ClaimSql } from './claim-sql.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { lockName, lockNames } from './slots.ts'
import type { StoreTime } from './statements.ts'

/** Claimers that are in each other's way look again this often at most. */
const TRIES = 5
/** When to look again for jobs that are due and that someone else holds, in milliseconds. */
const HELD_UP_MS = 50
/** Jobs that may not start are put aside, and others looked at in their place, so often at most in one claim. */
const MAX_ROUNDS = 10
const CROWD = 200

/** What a store remembers from one claim to the next. */
export interface ClaimMemory {
  readonly floors: ClaimFloors
  /** The kind of most jobs that were claimed lately. */
  kind: Kind | null
  readonly open: OpenClaims
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
  memory: ClaimMemory,
  tell: (change: StoreChange) => void,
): Promise<Claim> {
  const claimed: TakenRow[] = []
  let answer: Taken = { rows: [], wait: null, seen: 0, guarded: false, wentOn: false }
  let heldUp = false
  let more = false
  // A claim of nothing only asks when the next job is due.
  for (let tries = 0, promoted = request.limit < 1; tries < TRIES; tries++) {
    try {
      const rest = { ...request, limit: request.limit - claimed.length }
      answer = await take(connection, sql, time, rest, !promoted, memory)
      if (answer.guarded) {
        more = await claimGuarded(connection, sql, time, rest, tell, claimed)
        answer = await take(connection, sql, time, { ...request, limit: 0 }, false, memory)
        break
      }
      claimed.push(...answer.rows)
      if (!promoted && answer.wait !== null && answer.wait <= 0) {
        promoted = true
        heldUp = (await connection.run(sql.promote, [time.parameter])).rowCount === 0
      } else if (claimed.length >= request.limit || (!answer.wentOn && answer.rows.length >= answer.seen)) break
    } catch (error) {
      // What is claimed already must reach its worker.
      if (claimed.length === 0) throw error
      break
    }
  }
  await advanceClocks(connection, sql, claimed)
  return {
    jobs: inTurn(claimed).map(({ job }) => job),
    nextDueAt: more ? time.local(0) : nextDueAt(answer.wait, heldUp, time),
  }
}

interface Taken {
  rows: TakenRow[]
  /** How long until the next waiting job is due; `null` where none waits. */
  wait: number | null
  /** How many jobs were found to be ready, some of which others may have claimed meanwhile. */
  seen: number
  /** Whether nothing was taken because something may have to be kept from starting. */
  guarded: boolean
  /** Whether it went on where the last claim had ended, so that there may be jobs before that. */
  wentOn: boolean
}

async function take(
  connection: PostgresConnection,
  sql: ClaimSql,
  time: StoreTime,
  { worker, leaseMs, limit, queues, areQuick }: ClaimRequest,
  holdBack: boolean,
  memory: ClaimMemory,
): Promise<Taken> {
  const { floors, kind, open } = memory
  const parameters = [time.parameter, worker, leaseMs, Math.max(0, limit), holdBack, ...kindParameters(kind)]
  const isBulk = areQuick === true && limit >= MIN_BULK
  const { finished } = open
  if (isBulk) parameters.push(finished)
  else if (finished.length > 0) await connection.run(sql.drop, [finished])
  const how = isBulk ? sql.inBulk : sql
  const begin = floors.find(queues, limit)
  const startedAt = performance.now()
  const answered = await (begin
    ? connection.arrays<AnswerRow | SentRow>(how.onward, [...parameters, JSON.stringify(begin)])
    : queues === null
      ? connection.arrays<AnswerRow | SentRow>(how.any, parameters)
      : connection.arrays<AnswerRow | SentRow>(how.given, [...parameters, queues]))
  open.forget(finished)
  let answer: ClaimAnswer = [null, 0, false, 0, null]
  const sent: SentRow[] = []
  for (const row of answered) {
    if (row[0] === null) answer = JSON.parse(row[1]) as ClaimAnswer
    else sent.push(row)
  }
  const [wait, seen, guarded, now, claimId] = answer
  const claim = claimId === null ? undefined : { id: claimId, left: 0 }
  const taken = sent.map((row) => takenRowOf(row, kind, now, claim))
  if (claim && claim.left > 0) open.add(claim)
  memory.kind = usualKind(sent, taken) ?? kind
  const rows = inTurn(taken)
  if (rows.length < limit) floors.forget(queues)
  else if (begin) floors.wentOn(queues, rows)
  else floors.began(queues, rows, performance.now() - startedAt)
  return { rows, wait, seen, guarded, wentOn: begin !== undefined }
}

/** The kind of the last job that came apart, where most did: a few of another kind must not make the usual ones dear. */
function usualKind(sent: readonly SentRow[], taken: readonly TakenRow[]): Kind | undefined {
  let apart = 0
  let last: TakenRow | undefined
  sent.forEach((row, index) => {
    if (!isApart(row)) return
    apart += 1
    last = taken[index]
  })
  return last && apart * 2 > sent.length ? kindOf(last.job) : undefined
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
  const parameters = [time.parameter, worker, leaseMs, ...kindParameters(null), ids]
  const taken = ids.length === 0 ? [] : (await session.run<SentObject>(sql.takeThese, parameters)).rows
  const rows = taken.map(({ id, input, run_at, apart }) => takenRowOf([id, input, run_at, apart], null, 0))
  return { rows, seen: candidates.length, ...others }
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
