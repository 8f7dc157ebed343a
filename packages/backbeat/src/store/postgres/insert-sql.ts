import { journalSql } from './journal.ts'
import { NOW, type TableNames } from './statements.ts'
import { type UniqueSql, uniqueSql } from './unique.ts'

export interface InsertSql extends UniqueSql {
  insert: string
  /** For jobs that differ only in their id and input: what they share is told once. */
  insertAlike: string
  /** The same two, and tells others, by the channel and the payload that come last. */
  insertTelling: string
  insertAlikeTelling: string
  insertFree: string
  /** Claims them in the same write, where their queue lets it. */
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
  const insert = insertFrom(`json_to_recordset($2::text::json) AS row (id uuid, ${columns}, input text)`)
  const insertAlike = insertFrom(`(
    SELECT job.id::uuid AS id, alike.*, job.input FROM json_to_record($2::text::json) AS alike (${columns}),
      ROWS FROM (json_array_elements_text($3::text::json), json_array_elements_text($4::text::json)) AS job (id, input)
  ) AS row`)
  const plain = `WITH inserted AS (${insert} RETURNING id) ${journalSql(tables, 'inserted')}`
  const alike = `WITH inserted AS (${insertAlike} RETURNING id) ${journalSql(tables, 'inserted')}`
  return {
    ...uniqueSql(tables),
    insert: plain,
    insertAlike: alike,
    insertTelling: `${plain} RETURNING pg_notify($3::text, $4::text)::text AS told`,
    insertAlikeTelling: `${alike} RETURNING pg_notify($5::text, $6::text)::text AS told`,
    insertFree: `
      WITH inserted AS (${insert} ON CONFLICT DO NOTHING RETURNING id),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id FROM inserted`,
    insertClaimed: `
      WITH row AS (
        SELECT row.*, NOT EXISTS (
          SELECT FROM ${tables.queues} WHERE name = row.queue
            AND (paused_at IS NOT NULL OR draining_since IS NOT NULL OR concurrency IS NOT NULL)
        ) AS starts
        FROM json_to_recordset($2::text::json) AS row (id uuid, ${columns}, input text)
      ),
      inserted AS (
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
        FROM row
        RETURNING id, started_at
      ),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id, started_at FROM inserted WHERE started_at IS NOT NULL`,
    // Takes the lock that the insertion takes anyway. Refused where no transaction has begun, or the table is missing.
    begin: `LOCK TABLE ${jobs} IN ROW EXCLUSIVE MODE`,
    // As text: not every library reads a result of no type.
    notify: `SELECT pg_notify($1::text, $2::text)::text AS told`,
  }
}
