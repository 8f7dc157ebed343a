import type { Lease } from '../../job/assignment.ts'
import type { ClaimRecords } from '../sql/open-claims.ts'
import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { NOW, type TableNames } from './statements.ts'

// A claim of many quick jobs is one record of their ids. Their rows still say `pending`, and are written once,
// when the jobs complete; or before that, where anything else is to be said of them. See decision 0019.

/**
 * Only jobs that no statement but a claim starts, moves or replaces while they wait. Asked of those only that are
 * not restricted and do not expire: where there are others, nothing is claimed in bulk.
 */
export const IS_BULK_CLAIMABLE = 'delivery = 0 AND unique_key IS NULL AND tenant IS NULL'

/**
 * The records, and what says which jobs are in one. A statement of its own inside a function sees what was
 * committed until now, while the statement that calls it sees only what was committed when it began.
 */
export function bulkClaimTable(schema: string): string[] {
  return [
    `CREATE TABLE backbeat_claims (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      worker text COLLATE "C" NOT NULL,
      claimed_at bigint NOT NULL,
      lease_expires_at bigint NOT NULL,
      job_ids uuid[] NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000)`,
    // Ids do not get smaller by compressing them. And without statistics they are never thought to be so many that what
    // is asked of them below would be asked one by one, and not of a hash table.
    `ALTER TABLE backbeat_claims ALTER COLUMN job_ids SET STORAGE EXTERNAL, ALTER COLUMN job_ids SET STATISTICS 0`,
    `CREATE FUNCTION backbeat_claimed(ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        -- Mostly there is none, and a claim of one job has nothing to spare.
        IF NOT EXISTS (SELECT FROM "${schema}".backbeat_claims) THEN RETURN ARRAY[]::uuid[]; END IF;
        -- In these words the ids are looked up in a hash table.
        RETURN ARRAY(
          SELECT id FROM unnest(ids) AS id
          WHERE NOT (id NOT IN (SELECT unnest(job_ids) FROM "${schema}".backbeat_claims))
        );
      END $$`,
  ]
}

/** The condition that a row is not claimed, as far as the statement's snapshot knows. */
export function notClaimed({ claims }: TableNames): string {
  return `(delivery > 0 OR id NOT IN (SELECT unnest(job_ids) FROM ${claims}))`
}

/** Those of the jobs that are claimed by now. To be asked once their rows are locked: then no claim can come in between. */
export function claimedAmong({ claimed }: TableNames, ids: string): string {
  return `(SELECT ${claimed}(ARRAY(${ids})))::uuid[]`
}

export type WriteOutSql = ReturnType<typeof writeOutSql>

/** Write what bulk claims say into the rows of their jobs, which then are like those of any other claim. */
export function writeOutSql(tables: TableNames) {
  const { claims } = tables
  const whole = (which: string) =>
    writeOut(
      tables,
      `DELETE FROM ${claims} WHERE ${which} RETURNING worker, claimed_at, lease_expires_at, job_ids`,
      'unnest(claim.job_ids) AS id',
    )
  return {
    /** Parameter: the claim. */
    claim: whole('id = $1'),
    /** Those that hold any of the jobs. Parameter: the jobs. */
    holding: whole(`id IN (
      SELECT held.id FROM ${claims} AS held, unnest(held.job_ids) AS job_id
      WHERE job_id IN (SELECT unnest($1::uuid[]))
    )`),
    /** Parameter: the time. */
    expired: whole(`lease_expires_at < ${NOW}`),
    /** Only these jobs. Their claims go on to be one of the others. Parameter: the jobs. */
    jobs: writeOut(
      tables,
      `SELECT worker, claimed_at, lease_expires_at, job_ids FROM ${claims}`,
      '(SELECT id FROM unnest(claim.job_ids) AS id WHERE id IN (SELECT unnest($1::uuid[]))) AS wanted',
    ),
    drop: `DELETE FROM ${claims} WHERE id = ANY($1::bigint[])`,
  }
}

/** In the order of the ids, which is the order in which everyone locks several jobs. */
function writeOut(tables: TableNames, claim: string, ids: string): string {
  const { jobs } = tables
  return `
    WITH claim AS (${claim}),
    held AS MATERIALIZED (
      SELECT job.id, claim.worker, claim.claimed_at, claim.lease_expires_at
      FROM claim CROSS JOIN LATERAL ${ids} JOIN ${jobs} AS job USING (id)
      WHERE CASE WHEN job.delivery = 0 AND job.status = 'pending' THEN true ELSE false END
      ORDER BY job.id FOR NO KEY UPDATE OF job
    ),
    written AS (
      UPDATE ${jobs} AS job SET
        status = 'running', ready = 0, start_reserved = 0, delivery = 1, attempt = 1, worker = held.worker,
        attempt_started_at = held.claimed_at, started_at = held.claimed_at, heartbeat_at = held.claimed_at,
        lease_expires_at = held.lease_expires_at
      FROM held WHERE job.id = held.id
      RETURNING job.id
    ),
    noted AS (${journalSql(tables, 'written')})
    SELECT FROM written`
}

/** The records as a process deals with its own. */
export function claimRecords(session: Session, sql: WriteOutSql, onWrittenOut: () => void): ClaimRecords {
  return {
    writeOut: async (id) => (await session.run(sql.claim, [id])).rowCount > 0,
    drop: (ids) => session.run(sql.drop, [ids]),
    onWrittenOut,
  }
}

/**
 * Writes out those of the jobs that are claimed in bulk. Returns whether any may have been, so that what was refused
 * is to be tried once more: another may have written them out just now, so that none was left to be.
 */
export async function wroteOut(session: Session, sql: WriteOutSql, leases: readonly Lease[]): Promise<boolean> {
  const ids = leases.filter(({ delivery }) => delivery === 1).map(({ jobId }) => jobId)
  if (ids.length > 0) await session.run(sql.jobs, [ids])
  return ids.length > 0
}
