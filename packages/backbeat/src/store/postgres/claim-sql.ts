import { DELAYED } from '../sql/job-sets.ts'
import { type AdmissionSql, admissionSql } from './admissions.ts'
import { claimedAmong, IS_BULK_CLAIMABLE, notClaimed, writeOutSql } from './bulk-claims.ts'
import { APART_COLUMNS } from './claim-rows.ts'
import { journalSql } from './journal.ts'
import { NOW, type TableNames } from './statements.ts'

/** So many jobs at most become ready in one statement, so that a crowd that falls due at once holds nobody up. */
const PROMOTION_LIMIT = 5000

/** As the index has it: in one direction, so that a claim can go on from any point. */
const TURN = '(-priority), turn, run_at, id'
const APART = `json_build_object(${APART_COLUMNS.map((column) => `'${column}', ${column}`).join()})::text`

/** A job that has nothing of its own but its input. */
const IS_PLAIN = `
  priority = 0 AND tags = '[]' AND retry_scope = 'all' AND unique_key IS NULL AND tenant IS NULL
  AND total_items = 0`

/**
 * A job as a {@link SentRow}: what is as the claimer knows it already is not told again, because to send
 * twenty columns of each job, and to read them, cost as much as to run it.
 *
 * @param first the parameter that begins {@link kindParameters}
 */
function sentSql(first: number): string {
  return `id, input, run_at, ${apartSql(first, 'delivery = 1')}`
}

/** @param when a condition for not telling what sets a job apart */
function apartSql(first: number, when: string): string {
  const kind = `queue = $${first}::text AND task_type = $${first + 1}::text AND triggered_by = $${first + 2}::text
    AND max_attempts = $${first + 3}::integer AND max_redeliveries = $${first + 4}::integer`
  return `CASE WHEN ${kind} AND ${when} AND ${IS_PLAIN} THEN NULL ELSE ${APART} END AS apart`
}

export type ClaimSql = ReturnType<typeof claimSql>

export function claimSql(tables: TableNames) {
  const { jobs, queues } = tables
  return {
    any: takeSql(tables, anyQueue(jobs)),
    given: takeSql(tables, givenQueues('$11')),
    onward: takeSql(tables, floorsOf('$11')),
    inBulk: {
      any: takeInBulkSql(tables, anyQueue(jobs)),
      given: takeInBulkSql(tables, givenQueues('$12')),
      onward: takeInBulkSql(tables, floorsOf('$12')),
    },
    promote: `
      UPDATE ${jobs} SET ready = 1 WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${jobs} WHERE ${DELAYED} AND run_at <= ${NOW}
        ORDER BY run_at LIMIT ${PROMOTION_LIMIT} FOR NO KEY UPDATE SKIP LOCKED
      ))`,
    drop: writeOutSql(tables).drop,
    queues,
    limited: `SELECT name FROM ${queues} WHERE concurrency IS NOT NULL AND ($1::text[] IS NULL OR name = ANY($1))`,
    candidatesOfAny: candidatesSql(tables, anyQueue(jobs)),
    candidatesOfGiven: candidatesSql(tables, givenQueues('$2')),
    takeThese: `WITH ${takenSql(tables, `id = ANY($9::uuid[]) AND ${notClaimed(tables)}`, sentSql(4))} SELECT id, input, run_at, apart FROM taken`,
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
    names AS (
      (SELECT queue FROM ${jobs} WHERE ready = 1 ORDER BY queue LIMIT 1)
      UNION ALL
      SELECT (SELECT next.queue FROM ${jobs} AS next WHERE ready = 1 AND next.queue > names.queue ORDER BY queue LIMIT 1)
      FROM names WHERE names.queue IS NOT NULL
    ),
    queues AS (SELECT queue, ${BEGINNING} FROM names WHERE queue IS NOT NULL)`
}

function givenQueues(parameter: string): string {
  return `queues AS (SELECT DISTINCT queue, ${BEGINNING} FROM unnest(${parameter}::text[]) AS queue)`
}

/** A floor for each queue; see `ClaimFloors`. */
const BEGINNING = `-32768 AS floor_rank, ${Number.MIN_SAFE_INTEGER} AS floor_turn, ${Number.MIN_SAFE_INTEGER} AS floor_run_at,
  '00000000-0000-0000-0000-000000000000'::uuid AS floor_id`

function floorsOf(parameter: string): string {
  return `
    queues AS (
      SELECT queue, -priority AS floor_rank, turn AS floor_turn, "runAt" AS floor_run_at, id AS floor_id
      FROM json_to_recordset(${parameter}::json) AS floor (queue text, priority integer, turn bigint, "runAt" bigint, id uuid)
    )`
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
function pickSql(tables: TableNames, limit: string, columns: string, when = 'true'): string {
  const { jobs, queues } = tables
  const ready = `
    FROM ${jobs} WHERE ready = 1 AND queue = open.queue AND created_at <= open.stored_until AND ${notClaimed(tables)}
      AND (${TURN}) >= (open.floor_rank, open.floor_turn, open.floor_run_at, open.floor_id)
    ORDER BY ${TURN}`
  return `
    settings AS MATERIALIZED (
      SELECT name, paused_at, draining_since, concurrency, CASE WHEN concurrency IS NOT NULL THEN concurrency - (
        SELECT count(*) FROM ${jobs} AS running WHERE running.status = 'running' AND running.queue = name
      ) END AS room
      FROM ${queues}
    ),
    open AS MATERIALIZED (
      SELECT queues.*, coalesce(settings.draining_since, ${Number.MAX_SAFE_INTEGER}) AS stored_until,
        settings.concurrency IS NOT NULL AS limited, least(${limit}::bigint, settings.room) AS most, count(*) OVER () AS among
      FROM queues LEFT JOIN settings ON settings.name = queues.queue
      WHERE settings.paused_at IS NULL AND coalesce(settings.room > 0, true) AND ${when}
    ),
    heads AS (
      SELECT open.queue FROM open CROSS JOIN LATERAL (
        SELECT priority, run_at, id ${ready} LIMIT open.most
      ) AS best
      WHERE open.among > 1 ORDER BY priority DESC, run_at, id LIMIT ${limit}
    ),
    shares AS (
      SELECT queue, count(*) AS share FROM heads GROUP BY queue
      UNION ALL SELECT queue, most FROM open WHERE among = 1
    ),
    picked AS MATERIALIZED (
      SELECT best.*, open.limited FROM shares JOIN open USING (queue) CROSS JOIN LATERAL (
        SELECT ${columns} ${ready} LIMIT shares.share FOR NO KEY UPDATE SKIP LOCKED
      ) AS best
    )`
}

/** Parameters: the time, worker, lease, and what the condition and what is sent need. */
function takenSql(tables: TableNames, which: string, sent: string): string {
  return `
    taken AS (
      UPDATE ${tables.jobs} SET
        status = 'running', ready = 0, start_reserved = 0, delivery = delivery + 1, attempt = attempt + 1, worker = $2,
        attempt_started_at = ${NOW}, started_at = coalesce(started_at, ${NOW}), heartbeat_at = ${NOW},
        lease_expires_at = ${NOW} + $3::bigint
      WHERE ready = 1 AND ${which}
      RETURNING ${sent}
    ),
    noted AS (${journalSql(tables, 'taken')})`
}

/**
 * Claims, in one statement, what needs no decision: where one of the best jobs is restricted or may
 * have expired, or its queue is limited, nothing is taken, and the answer says that it is `guarded`.
 * No claim may take such a job but by {@link claimGuarded}, under the locks that keep two claimers
 * from the same room.
 *
 * Parameters: the time, worker, lease, limit, whether to hold back while jobs are due but not ready,
 * the kind of most jobs, queues. Answers a {@link SentRow} for each job, and one without an id that has a
 * {@link ClaimAnswer} in the place of its input.
 */
function takeSql(tables: TableNames, queues: string): string {
  const columns = `id, delivery, ctid AS place, ${IS_RESTRICTED}`
  return `
    WITH RECURSIVE ${queues},
    ${pickFreeSql(tables, columns)},
    ${takenSql(tables, 'ctid = ANY(ARRAY(SELECT place FROM free))', sentSql(6))}
    ${answerSql('NULL')}
    UNION ALL SELECT id, input, run_at, apart FROM taken`
}

/**
 * As {@link takeSql}, but what may be claimed in bulk is, and only the others are written. Further parameters: the
 * claims whose records may go, before the queues.
 */
function takeInBulkSql(tables: TableNames, queues: string): string {
  const { claims } = tables
  const columns = `id, delivery, ctid AS place, ${IS_RESTRICTED}, input, run_at, ${IS_BULK_CLAIMABLE} AS in_bulk,
    ${apartSql(6, IS_BULK_CLAIMABLE)}`
  return `
    WITH RECURSIVE ${queues},
    ${pickFreeSql(tables, columns)},
    gone AS (DELETE FROM ${claims} WHERE id = ANY($11::bigint[])),
    claim AS (
      INSERT INTO ${claims} (worker, claimed_at, lease_expires_at, job_ids)
      SELECT $2, ${NOW}, ${NOW} + $3::bigint, ids FROM (SELECT array_agg(id) AS ids FROM free WHERE in_bulk) AS bulk
      WHERE ids IS NOT NULL
      RETURNING id
    ),
    ${takenSql(tables, 'ctid = ANY(ARRAY(SELECT place FROM free WHERE NOT in_bulk))', `id, input, run_at, ${APART} AS apart`)}
    ${answerSql('(SELECT id FROM claim)')}
    UNION ALL SELECT id, input, run_at, apart FROM free WHERE in_bulk
    UNION ALL SELECT id, input, run_at, apart FROM taken`
}

const IS_RESTRICTED = '(restrictions IS NOT NULL OR expires_at IS NOT NULL) AS restricted'

/** What may be taken: `free`. Nothing where it is `guarded`. */
function pickFreeSql(tables: TableNames, columns: string): string {
  const when = 'NOT ($5 AND EXISTS (SELECT FROM due WHERE wait <= 0))'
  const claimed = claimedAmong(tables, 'SELECT id FROM picked WHERE delivery = 0')
  return `
    due AS (SELECT run_at - ${NOW} AS wait FROM ${tables.jobs} WHERE ${DELAYED} ORDER BY run_at LIMIT 1),
    ${pickSql(tables, '$4', columns, when)},
    guarded AS MATERIALIZED (SELECT coalesce(bool_or(restricted OR limited), false) AS guarded FROM picked),
    free AS MATERIALIZED (
      SELECT * FROM picked WHERE NOT (SELECT guarded FROM guarded) AND (delivery > 0 OR id NOT IN (SELECT unnest(${claimed})))
    )`
}

function answerSql(claim: string): string {
  return `
    SELECT NULL::uuid AS id, json_build_array(
      (SELECT wait FROM due), greatest((SELECT count(*) FROM heads), (SELECT count(*) FROM picked)), (SELECT guarded FROM guarded), ${NOW}, ${claim}
    )::text AS input, NULL::bigint AS run_at, NULL::text AS apart`
}

/** Parameters: limit, queues. */
function candidatesSql(tables: TableNames, queues: string): string {
  const columns = 'id, queue, priority, run_at, turn, restrictions, expires_at, start_reserved'
  return `WITH RECURSIVE ${queues}, ${pickSql(tables, '$1', columns)} SELECT * FROM picked`
}
