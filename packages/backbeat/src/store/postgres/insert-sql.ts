import type { Row } from './insert-rows.ts'
import { journalGivenSql, journalIdsSql, journalSql } from './journal.ts'
import { NOW, type TableNames } from './statements.ts'
import { type UniqueSql, uniqueSql } from './unique.ts'

/** A statement, and the same that tells others, by the channel and the payload that are its last parameters. */
export interface Telling {
  quietly: string
  telling: string
}

export interface InsertSql extends UniqueSql {
  /** One is a statement of its own: to make ready for many takes the server as long as to store one. */
  insertOne: Telling
  insert: Telling
  /** For jobs that differ only in their id and input: what they share is told once, and the two as arrays. */
  insertAlike: Telling
  /** The same through another library's connection, of which nobody knows whether it could send such arrays. */
  insertAlikeLent: string
  insertFree: string
  /** Claim them in the same write, where their queue lets it. `started_at` is null where it does not. */
  insertClaimedOne: string
  insertClaimed: string
  begin: string
  notify: string
}

/** What is told of each job, besides its id and its input, and as which type. */
const FIELDS = [
  ['queue', 'text'],
  ['priority', 'bigint'],
  ['run_at', 'bigint'],
  ['delay', 'bigint'],
  ['task_type', 'text'],
  ['max_attempts', 'bigint'],
  ['max_redeliveries', 'bigint'],
  ['unique_key', 'text'],
  ['retried_from_id', 'uuid'],
  ['retry_scope', 'text'],
  ['triggered_by', 'text'],
  ['tags', 'text'],
  ['total_items', 'bigint'],
  ['expires_at', 'bigint'],
  ['expires_after', 'bigint'],
  ['restrictions', 'text'],
  ['tenant', 'text'],
  ['turn', 'bigint'],
] as const satisfies (readonly [keyof Row, string])[]
const SHARED = FIELDS.map((field) => field.join(' ')).join(', ')

/** The parameters `$2` and on, where one job is told by values of their own. */
const ONE = [['id', 'uuid'], ...FIELDS, ['input', 'text']] as const
const VALUES = ONE.map(([name, type], at) => `$${at + 2}::${type} AS ${name}`).join(', ')

/** Where rows come from, how they say the time, and the first parameter that they leave free. */
interface Source {
  rows: string
  now: string
  next: number
}

const FROM_MANY: Source = {
  rows: `json_to_recordset($2::text::json) AS row (id uuid, ${SHARED}, input text)`,
  now: NOW,
  next: 3,
}
const FROM_ALIKE = alike('unnest($3::uuid[], $4::text[]) AS job (id, input)')
const FROM_ALIKE_LENT = alike(
  'ROWS FROM (json_array_elements_text($3::text::json), json_array_elements_text($4::text::json)) AS job (id, input)',
)
const FROM_ONE: Source = {
  rows: `(SELECT ${NOW} AS now, ${VALUES} OFFSET 0) AS row`,
  now: 'row.now',
  next: ONE.length + 2,
}

/** @param jobs their ids, which may still be texts, and their inputs */
function alike(jobs: string): Source {
  return {
    rows: `(
      SELECT job.id::uuid AS id, alike.*, job.input FROM json_to_record($2::text::json) AS alike (${SHARED}), ${jobs}
    ) AS row`,
    now: NOW,
    next: 5,
  }
}

/** The parameters of one row, but for the time. */
export function valuesOfOne(row: Row): unknown[] {
  return ONE.map(([name]) => row[name] ?? null)
}

export function insertSql(tables: TableNames): InsertSql {
  return {
    ...uniqueSql(tables),
    insertOne: noting(tables, FROM_ONE),
    insert: noting(tables, FROM_MANY),
    insertAlike: noting(tables, FROM_ALIKE, journalIdsSql(tables, '$3')),
    insertAlikeLent: noting(tables, FROM_ALIKE_LENT).quietly,
    insertFree: `
      WITH inserted AS (${insertFrom(tables, FROM_MANY)} ON CONFLICT DO NOTHING RETURNING id),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id FROM inserted`,
    insertClaimedOne: insertClaimed(tables, FROM_ONE),
    insertClaimed: insertClaimed(tables, FROM_MANY),
    // Takes the lock that the insertion takes anyway. Refused where no transaction has begun, or the table is missing.
    begin: `LOCK TABLE ${tables.jobs} IN ROW EXCLUSIVE MODE`,
    // As text: not every library reads a result of no type.
    notify: `SELECT pg_notify($1::text, $2::text)::text AS told`,
  }
}

function insertFrom({ jobs }: TableNames, { rows, now }: Source): string {
  // A delay is counted by the database's clock.
  const due = `coalesce(run_at, ${now} + coalesce(delay, 0))`
  return `
    INSERT INTO ${jobs} (
      id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
      tenant, turn, input
    )
    SELECT
      id, CASE WHEN ${due} <= ${now} THEN 1 ELSE 0 END, queue, priority, ${due},
      task_type, ${now}, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items,
      coalesce(expires_at, ${due} + expires_after), restrictions, tenant, coalesce(turn, 0), input
    FROM ${rows}`
}

/**
 * Parameters besides those of the source: {@link journalEntries}, where these are not known by what the source has,
 * and the channel and the payload.
 *
 * @param noted how the jobs are noted, where the source has their ids as an array
 */
function noting(tables: TableNames, source: Source, noted?: string): Telling {
  const told = noted ? source.next : source.next + 1
  const quietly = `WITH inserted AS (${insertFrom(tables, source)})
    ${noted ?? journalGivenSql(tables, `$${source.next}`)}`
  return {
    quietly,
    telling: `${quietly} RETURNING pg_notify($${told}::text, $${told + 1}::text)::text AS told`,
  }
}

/** Parameters besides those of the source: {@link journalEntries}, worker, lease. */
function insertClaimed(tables: TableNames, { rows, now, next }: Source): string {
  return `
    WITH noted AS (${journalGivenSql(tables, `$${next}`)})
    INSERT INTO ${tables.jobs} (
      id, status, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      retry_scope, triggered_by, tags, total_items, input,
      delivery, attempt, worker, started_at, attempt_started_at, heartbeat_at, lease_expires_at
    )
    SELECT
      id, CASE WHEN starts THEN 'running' ELSE 'pending' END, CASE WHEN starts THEN 0 ELSE 1 END,
      queue, priority, ${now}, task_type, ${now}, max_attempts, max_redeliveries,
      retry_scope, triggered_by, tags, total_items, input,
      CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN $${next + 1} END,
      CASE WHEN starts THEN ${now} END, CASE WHEN starts THEN ${now} END, CASE WHEN starts THEN ${now} END,
      CASE WHEN starts THEN ${now} + $${next + 2}::bigint END
    FROM (
      SELECT row.*, NOT EXISTS (
        SELECT FROM ${tables.queues} WHERE name = row.queue
          AND (paused_at IS NOT NULL OR draining_since IS NOT NULL OR concurrency IS NOT NULL)
      ) AS starts
      FROM ${rows} OFFSET 0
    ) AS row
    RETURNING id, started_at`
}
