import { type Admission, admit, type Candidate, EXPIRED_REASON, keysOf, type Usage } from '../../job/admission.ts'
import { candidateOf, isUnrestricted, type RestrictedRow } from '../sql/restricted-row.ts'
import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { lockName, lockNames, type SlotSql, slotSql, unblock } from './slots.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

export interface Admitted<Row> {
  /** The rows that may start, in their order. */
  rows: Row[]
  expired: number
  passedOver: number
}

export type AdmissionSql = ReturnType<typeof admissionSql>

export function admissionSql(tables: TableNames) {
  const { jobs, slots, rates } = tables
  return {
    rates,
    slot: slotSql(tables) satisfies SlotSql,

    /** Always answers a row, for the time. */
    usage: `
      SELECT ${NOW} AS now, used.key, used.running, used.starts FROM (SELECT 1) AS always LEFT JOIN (
        SELECT key, count(*) AS running, NULL AS starts FROM ${slots} WHERE key = ANY($2::text[]) GROUP BY key
        UNION ALL SELECT key, NULL, starts FROM ${rates} WHERE key = ANY($3::text[])
      ) AS used ON true`,

    /** Parameters: the time, the rows that do not start, the rates' starts and the slots taken, as JSON lists. */
    write: `
      WITH put_aside AS (
        UPDATE ${jobs} AS job SET
          ready = 0, blocked_by = aside.blocked_by, run_at = coalesce(aside.run_at, job.run_at),
          start_reserved = CASE WHEN aside.run_at IS NULL THEN job.start_reserved ELSE 1 END,
          status = CASE WHEN aside.expired THEN 'cancelled' ELSE job.status END,
          completed_at = CASE WHEN aside.expired THEN ${NOW} END,
          cancel_reason = CASE WHEN aside.expired THEN '${EXPIRED_REASON}' END
        FROM json_to_recordset($2::json) AS aside (id uuid, blocked_by text, run_at bigint, expired boolean)
        WHERE job.id = aside.id
        RETURNING job.id
      ),
      noted AS (${journalSql(tables, 'put_aside')}),
      paid AS (
        INSERT INTO ${rates} AS rate (key, starts)
        SELECT key, starts FROM json_to_recordset($3::json) AS paid (key text, starts text)
        ON CONFLICT (key) DO UPDATE SET starts = excluded.starts
      )
      INSERT INTO ${slots} (key, job_id)
      SELECT key, job_id FROM json_to_recordset($4::json) AS slot (key text, job_id text)
      ON CONFLICT DO NOTHING`,
  }
}

/**
 * Decides which of the rows may start, and puts the others where they wait for what keeps them.
 *
 * @param rows locked by the transaction that this is called in
 * @param capacity at most so many start
 */
export async function admitRows<Row extends RestrictedRow>(
  session: Session,
  sql: AdmissionSql,
  time: StoreTime,
  rows: readonly Row[],
  capacity: number,
): Promise<Admitted<Row>> {
  if (rows.every(isUnrestricted)) {
    return { rows: rows.slice(0, capacity), expired: 0, passedOver: Math.max(0, rows.length - capacity) }
  }
  const candidates = rows.map(candidateOf)
  const { usage, now } = await lockUsage(session, sql, time, candidates)
  const admissions = admit(candidates, usage, capacity, now)
  const decided = candidates.map((candidate, index) => ({
    candidate,
    admission: admissions[index] as Admission,
  }))
  await session.run(sql.write, [
    time.parameter,
    JSON.stringify(decided.flatMap(({ candidate, admission }) => asideOf(candidate, admission))),
    JSON.stringify([...usage.starts].map(([key, starts]) => ({ key, starts: JSON.stringify(starts) }))),
    JSON.stringify(decided.flatMap(({ candidate, admission }) => slotsOf(candidate, admission))),
  ])
  await unblock(session, sql.slot, roomLeft(decided))
  const count = (kind: Admission['kind']) => admissions.filter((admission) => admission.kind === kind).length
  return {
    rows: rows.filter((_, index) => admissions[index]?.kind === 'start'),
    expired: count('expired'),
    passedOver: count('passed_over'),
  }
}

/** The time is that of the locked usage: starts are reserved in its order. */
async function lockUsage(
  session: Session,
  sql: AdmissionSql,
  time: StoreTime,
  candidates: readonly Candidate[],
): Promise<{ usage: Usage; now: number }> {
  const keys = keysOf(candidates)
  await lockNames(session, [
    ...keys.concurrency.map((key) => lockName(sql.slot.slots, key)),
    ...keys.rate.map((key) => lockName(sql.rates, key)),
  ])
  const { rows } = await session.run<UsageRow>(sql.usage, [time.parameter, keys.concurrency, keys.rate])
  const usage: Usage = { running: new Map(), starts: new Map() }
  for (const { key, running, starts } of rows) {
    if (key !== null && running !== null) usage.running.set(key, running)
    if (key !== null && starts !== null) usage.starts.set(key, JSON.parse(starts) as number[])
  }
  return { usage, now: rows[0]?.now ?? 0 }
}

interface UsageRow {
  now: number
  key: string | null
  running: number | null
  starts: string | null
}

function asideOf({ id }: Candidate, admission: Admission) {
  switch (admission.kind) {
    case 'start':
    case 'passed_over':
      return []
    case 'blocked':
      return [{ id, blocked_by: admission.by, expired: false }]
    case 'deferred':
      return [{ id, run_at: Math.ceil(admission.until), expired: false }]
    case 'expired':
      return [{ id, expired: true }]
  }
}

function slotsOf({ id, restrictions }: Candidate, admission: Admission) {
  if (admission.kind !== 'start') return []
  return (restrictions?.concurrency ?? []).map(({ key }) => ({ key, job_id: id }))
}

interface Decided {
  candidate: Candidate
  admission: Admission
}

/** A job that does not start may have been let through for one of its keys, and leaves that room to the next. */
function roomLeft(decided: readonly Decided[]): Map<string, number> {
  const room = new Map<string, number>()
  for (const { candidate, admission } of decided) {
    if (admission.kind === 'start' || admission.kind === 'passed_over') continue
    for (const { key } of candidate.restrictions?.concurrency ?? []) {
      if (admission.kind !== 'blocked' || key !== admission.by) room.set(key, (room.get(key) ?? 0) + 1)
    }
  }
  return room
}
