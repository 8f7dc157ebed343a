import { ACTIVE } from '../sql/job-sets.ts'
import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { NOW, type TableNames } from './statements.ts'

/** What is asked for a job: its key, and how to get it. */
export interface KeyRequest {
  id: string
  unique_key: string | null
  unique_period: number | undefined
  replaces: true | undefined
}

/** What keeps jobs from being stored. Column names are single words, which no library's mapping of names changes. */
export interface InTheWay {
  id: string
  key: string | null
  retried: string | null
}

export interface UniqueSql {
  lock: string
  replaceWaiting: string
  hold: string
  holders: string
  letGo: string
  inTheWay: string
}

export function uniqueSql(tables: TableNames): UniqueSql {
  const { jobs, uniquePeriods } = tables
  return {
    /**
     * A key that nobody has held gets a row that holds nothing, for `tidy()` to remove. The condition keeps
     * a row that is there as it is; it is locked all the same.
     */
    lock: `
      INSERT INTO ${uniquePeriods} AS held (key, job_id, until)
      SELECT key, '', 0 FROM (SELECT DISTINCT key COLLATE "C" AS key FROM unnest($1::text::text[]) AS key) AS asked
      ORDER BY key
      ON CONFLICT (key) DO UPDATE SET until = held.until WHERE false`,

    /** In the order in which everyone locks several jobs. */
    replaceWaiting: `
      WITH waiting AS MATERIALIZED (
        SELECT job.id, job.unique_key, replacing.id AS by_id
        FROM json_to_recordset($2::text::json) AS replacing (id text, key text)
        JOIN ${jobs} AS job ON job.unique_key = replacing.key
        WHERE job.unique_key IS NOT NULL AND job.attempt_started_at IS NULL AND job.completed_at IS NULL
        ORDER BY job.id
        FOR NO KEY UPDATE OF job
      ),
      replaced AS (
        UPDATE ${jobs} AS job SET
          status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ${NOW},
          cancel_reason = 'Replaced by job ' || waiting.by_id
        FROM waiting WHERE job.id = waiting.id
        RETURNING job.id, waiting.unique_key AS key
      ),
      noted AS (${journalSql(tables, 'replaced')})
      DELETE FROM ${uniquePeriods} AS period USING replaced
      WHERE period.key = replaced.key AND period.job_id = replaced.id::text`,

    /** The primary key makes it one holder; the condition, one at a time. */
    hold: `
      INSERT INTO ${uniquePeriods} AS held (key, job_id, until)
      SELECT key, id, ${NOW} + period
      FROM json_to_recordset($2::text::json) AS asked (id text, key text, period bigint)
      ORDER BY key COLLATE "C"
      ON CONFLICT (key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until WHERE held.until <= ${NOW}
      RETURNING held.job_id AS id`,

    holders: `SELECT key, job_id AS id FROM ${uniquePeriods} WHERE key = ANY($1::text::text[])`,

    letGo: `DELETE FROM ${uniquePeriods} WHERE key = ANY($1::text::text[]) AND job_id = ANY($2::text::text[])`,

    inTheWay: `
      SELECT id, unique_key AS key, NULL::uuid AS retried FROM ${jobs}
      WHERE unique_key IS NOT NULL AND ${ACTIVE} AND unique_key = ANY($1::text::text[])
      UNION ALL
      SELECT id, NULL, retried_from_id FROM ${jobs}
      WHERE retried_from_id IS NOT NULL AND ${ACTIVE} AND retried_from_id = ANY($2::text::uuid[])
      UNION ALL
      SELECT id, NULL, NULL FROM ${jobs} WHERE id = ANY($3::text::uuid[])`,
  }
}

/**
 * Locks keys until the transaction ends, all of them and in one order: taking a key over, holding it
 * and storing its job are several steps, and without the lock two calls could each have come half-way.
 */
export async function lockKeys(session: Session, sql: UniqueSql, requests: readonly KeyRequest[]): Promise<void> {
  await session.run(sql.lock, [arrayOf(requests.map(({ unique_key }) => unique_key))])
}

/** Cancels waiting jobs of these jobs' keys, in their favour. */
export async function makeWay(
  session: Session,
  sql: UniqueSql,
  now: number | null,
  requests: readonly KeyRequest[],
): Promise<void> {
  const replacing = requests.filter(({ unique_key, replaces }) => unique_key !== null && replaces)
  if (replacing.length === 0) return
  const asked = replacing.map(({ id, unique_key }) => ({ id, key: unique_key }))
  await session.run(sql.replaceWaiting, [now, JSON.stringify(asked)])
}

/**
 * Takes keys for their periods; no two of the jobs may have the same key. Answers who holds those
 * that could not be had, by the id of the job that wanted it: `null` where nobody does by now.
 */
export async function holdForPeriods(
  session: Session,
  sql: UniqueSql,
  now: number | null,
  requests: readonly KeyRequest[],
): Promise<Map<string, string | null>> {
  const wanted = requests.filter(holdsPeriod)
  if (wanted.length === 0) return new Map()
  const asked = wanted.map(({ id, unique_key, unique_period }) => ({ id, key: unique_key, period: unique_period }))
  const held = await session.run<{ id: string }>(sql.hold, [now, JSON.stringify(asked)])
  const got = new Set(held.rows.map(({ id }) => id))
  const refused = wanted.filter(({ id }) => !got.has(id))
  if (refused.length === 0) return new Map()
  const { rows } = await session.run<{ key: string; id: string }>(sql.holders, [
    arrayOf(refused.map(({ unique_key }) => unique_key)),
  ])
  const holders = new Map(rows.map(({ key, id }) => [key, id]))
  return new Map(refused.map(({ id, unique_key }) => [id, holders.get(unique_key ?? '') ?? null]))
}

/** Gives back the periods of jobs that were not stored after all. */
export async function letGo(session: Session, sql: UniqueSql, requests: readonly KeyRequest[]): Promise<void> {
  const held = requests.filter(holdsPeriod)
  if (held.length === 0) return
  await session.run(sql.letGo, [arrayOf(held.map(({ unique_key }) => unique_key)), arrayOf(held.map(({ id }) => id))])
}

function holdsPeriod({ unique_key, unique_period }: KeyRequest): boolean {
  return unique_key !== null && unique_period !== undefined
}

/** A list as Postgres writes it: drivers differ in how they hand over an array, not in how they do a text. */
export function arrayOf(texts: readonly (string | null)[]): string {
  const quoted = texts.filter((text) => text !== null).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`)
  return `{${quoted.join()}}`
}
