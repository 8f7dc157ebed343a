import { journalGivenSql, journalSql } from './journal.ts'
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
  /** For jobs that differ only in their id and input: what they share is told once. */
  insertAlike: Telling
  insertFree: string
  /** Claim them in the same write, where their queue lets it. `started_at` is null where it does not. */
  insertClaimedOne: string
  insertClaimed: string
  begin: string
  notify: string
}

/** A delay is counted by the database's clock. */
const DUE = `coalesce(run_at, ${NOW} + coalesce(delay, 0))`

export function insertSql(tables: TableNames): InsertSql {
  const { jobs } = tables
  const insertFrom = (rows: string) => `
    INSERT INTO ${jobs} (
      id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
      tenant, turn, input
    )
    SELECT
      id, CASE WHEN ${DUE} <= ${NOW} THEN 1 ELSE 0 END, queue, priority, ${DUE},
      task_type, ${NOW}, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items,
      coalesce(expires_at, ${DUE} + expires_after), restrictions, tenant, coalesce(turn, 0), input
    FROM ${rows}`
  const columns = `
    queue text, priority bigint, run_at bigint, delay bigint, task_type text, max_attempts bigint, max_redeliveries bigint,
    unique_key text, retried_from_id uuid, retry_scope text, triggered_by text, tags text, total_items bigint,
    expires_at bigint, expires_after bigint, restrictions text, tenant text, turn bigint`
  const insertAlike = insertFrom(`(
    SELECT job.id::uuid AS id, alike.*, job.input FROM json_to_record($2::text::json) AS alike (${columns}),
      ROWS FROM (json_array_elements_text($3::text::json), json_array_elements_text($4::text::json)) AS job (id, input)
  ) AS row`)
  const one = `json_to_record($2::text::json) AS row (id uuid, ${columns}, input text)`
  const many = `json_to_recordset($2::text::json) AS row (id uuid, ${columns}, input text)`
  /** @param next the first parameter that the insertion leaves free; those after it are a channel and a payload */
  const telling = (insertion: string, next: number) => {
    const noting = `WITH inserted AS (${insertion}) ${journalGivenSql(tables, `$${next}`)}`
    return {
      quietly: noting,
      telling: `${noting} RETURNING pg_notify($${next + 1}::text, $${next + 2}::text)::text AS told`,
    }
  }
  const claimedFrom = (rows: string) => `
    WITH noted AS (${journalGivenSql(tables, '$5')})
    INSERT INTO ${jobs} (
      id, status, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      retry_scope, triggered_by, tags, total_items, input,
      delivery, attempt, worker, started_at, attempt_started_at, heartbeat_at, lease_expires_at
    )
    SELECT
      id, CASE WHEN starts THEN 'running' ELSE 'pending' END, CASE WHEN starts THEN 0 ELSE 1 END,
      queue, priority, ${NOW}, task_type, ${NOW}, max_attempts, max_redeliveries,
      retry_scope, triggered_by, tags, total_items, input,
      CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN $3 END,
      CASE WHEN starts THEN ${NOW} END, CASE WHEN starts THEN ${NOW} END, CASE WHEN starts THEN ${NOW} END,
      CASE WHEN starts THEN ${NOW} + $4::bigint END
    FROM (
      SELECT row.*, NOT EXISTS (
        SELECT FROM ${tables.queues} WHERE name = row.queue
          AND (paused_at IS NOT NULL OR draining_since IS NOT NULL OR concurrency IS NOT NULL)
      ) AS starts
      FROM ${rows} OFFSET 0
    ) AS row
    RETURNING id, started_at`
  return {
    ...uniqueSql(tables),
    insertOne: telling(insertFrom(one), 3),
    insert: telling(insertFrom(many), 3),
    insertAlike: telling(insertAlike, 5),
    insertFree: `
      WITH inserted AS (${insertFrom(many)} ON CONFLICT DO NOTHING RETURNING id),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id FROM inserted`,
    insertClaimedOne: claimedFrom(one),
    insertClaimed: claimedFrom(many),
    // Takes the lock that the insertion takes anyway. Refused where no transaction has begun, or the table is missing.
    begin: `LOCK TABLE ${jobs} IN ROW EXCLUSIVE MODE`,
    // As text: not every library reads a result of no type.
    notify: `SELECT pg_notify($1::text, $2::text)::text AS told`,
  }
}
