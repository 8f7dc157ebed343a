import { accessStatements } from './access-tables.ts'
import { ACTIVE, BLOCKED, DELAYED, MANUAL, RARE, READY, RESTING, RUNNING, SEARCHABLE, WAITING } from './job-sets.ts'
import { journalTables } from './journal.ts'
import { notificationStatements } from './notification-tables.ts'
import { statsStatements } from './stats-tables.ts'
import type { Migration } from './upgrade.ts'
import { workerStatements } from './worker-tables.ts'

/** Every step that this code knows; tests bring more. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'jobs',
    oldestCode: 1,
    statements: ({
      id,
      jobKey,
      text,
      integer,
      count,
      small,
      highestFirst,
      risingKey,
      keyedTable,
      hotTable,
      journalTable,
      bulkClaimTable,
      firstMark,
      searchIndex,
    }) => [
      // Small columns first: what lies behind large ones is slow to reach.
      `CREATE TABLE backbeat_jobs (
        ${jobKey},
        status ${text} NOT NULL DEFAULT 'pending',
        ready ${small} NOT NULL,
        queue ${text} NOT NULL,
        priority ${small} NOT NULL,
        run_at ${integer} NOT NULL,
        task_type ${text} NOT NULL,
        created_at ${integer} NOT NULL,
        started_at ${integer},
        completed_at ${integer},
        attempt ${count} NOT NULL DEFAULT 0,
        max_attempts ${count} NOT NULL,
        delivery ${count} NOT NULL DEFAULT 0,
        redeliveries ${count} NOT NULL DEFAULT 0,
        max_redeliveries ${count} NOT NULL,
        attempt_started_at ${integer},
        attempt_outcome ${text},
        lease_expires_at ${integer},
        heartbeat_at ${integer},
        worker ${text},
        unique_key ${text},
        retried_from_id ${id},
        retry_scope ${text} NOT NULL,
        triggered_by ${text} NOT NULL,
        tags ${text} NOT NULL,
        cancel_requested_at ${integer},
        cancel_reason ${text},
        expires_at ${integer},
        restrictions ${text},
        blocked_by ${text},
        start_reserved ${small} NOT NULL DEFAULT 0,
        tenant ${text},
        turn ${integer} NOT NULL DEFAULT 0,
        total_items ${count} NOT NULL DEFAULT 0,
        processed_items ${count} NOT NULL DEFAULT 0,
        successful_items ${count} NOT NULL DEFAULT 0,
        failed_items ${count} NOT NULL DEFAULT 0,
        progress_percent ${small} NOT NULL DEFAULT 0,
        progress_message ${text},
        error_type ${text},
        error_message ${text},
        errors_count ${count} NOT NULL DEFAULT 0,
        progress_meta ${text},
        warnings ${text} NOT NULL DEFAULT '[]',
        errors ${text} NOT NULL DEFAULT '[]',
        traceback ${text},
        result ${text},
        input ${text} NOT NULL
      )${hotTable}`,
      `CREATE INDEX backbeat_jobs_ready ON backbeat_jobs (queue, ${highestFirst('priority')}, turn, run_at, id)
        WHERE ${READY}`,
      `CREATE INDEX backbeat_jobs_due ON backbeat_jobs (run_at) WHERE ${DELAYED}`,
      `CREATE INDEX backbeat_jobs_blocked ON backbeat_jobs (blocked_by, priority DESC, turn, run_at, id)
        WHERE ${BLOCKED}`,
      `CREATE INDEX backbeat_jobs_expiry ON backbeat_jobs (expires_at)
        WHERE expires_at IS NOT NULL AND ${WAITING}`,
      `CREATE UNIQUE INDEX backbeat_jobs_unique ON backbeat_jobs (unique_key)
        WHERE unique_key IS NOT NULL AND ${ACTIVE}`,
      `CREATE UNIQUE INDEX backbeat_jobs_one_retry ON backbeat_jobs (retried_from_id)
        WHERE retried_from_id IS NOT NULL AND ${ACTIVE}`,
      `CREATE INDEX backbeat_jobs_retries ON backbeat_jobs (retried_from_id, id) WHERE retried_from_id IS NOT NULL`,
      // None of these holds all of history but the last, which a job enters once, when it is over.
      `CREATE INDEX backbeat_jobs_running ON backbeat_jobs (id) WHERE ${RUNNING}`,
      `CREATE INDEX backbeat_jobs_rare ON backbeat_jobs (status, id) WHERE ${RARE}`,
      `CREATE INDEX backbeat_jobs_task ON backbeat_jobs (task_type, id) WHERE ${RESTING}`,
      `CREATE INDEX backbeat_jobs_texts ON backbeat_jobs (id) WHERE ${SEARCHABLE}`,
      `CREATE INDEX backbeat_jobs_manual ON backbeat_jobs (triggered_by, id) WHERE ${MANUAL}`,
      ...searchIndex,

      `CREATE TABLE backbeat_attempts (
        job_id ${id} NOT NULL,
        ordinal ${integer} NOT NULL,
        attempt ${integer} NOT NULL,
        outcome ${text} NOT NULL,
        worker ${text},
        started_at ${integer} NOT NULL,
        ended_at ${integer} NOT NULL,
        error_type ${text},
        error_message ${text},
        traceback ${text},
        PRIMARY KEY (job_id, ordinal)
      )${keyedTable}`,

      `CREATE TABLE backbeat_items (
        job_id ${id} NOT NULL,
        key ${text} NOT NULL,
        position ${integer} NOT NULL,
        delivery ${integer} NOT NULL,
        status ${text} NOT NULL,
        attempts ${integer} NOT NULL,
        error_type ${text},
        error_message ${text},
        at ${integer} NOT NULL,
        PRIMARY KEY (job_id, key)
      )${keyedTable}`,
      `CREATE INDEX backbeat_items_position ON backbeat_items (job_id, position, key)`,
      `CREATE INDEX backbeat_items_failed ON backbeat_items (job_id, position, key) WHERE status = 'failed'`,

      `CREATE TABLE backbeat_log_lines (
        id ${risingKey},
        job_id ${id} NOT NULL,
        at ${integer} NOT NULL,
        level ${text} NOT NULL,
        message ${text} NOT NULL,
        fields ${text}
      )`,
      `CREATE INDEX backbeat_log_lines_job ON backbeat_log_lines (job_id, id)`,

      `CREATE TABLE backbeat_slots (
        key ${text} NOT NULL,
        job_id ${text} NOT NULL,
        PRIMARY KEY (key, job_id)
      )${keyedTable}`,
      `CREATE INDEX backbeat_slots_job ON backbeat_slots (job_id)`,
      `CREATE TABLE backbeat_rates (key ${text} PRIMARY KEY NOT NULL, starts ${text} NOT NULL)${keyedTable}`,
      `CREATE TABLE backbeat_unique_periods (
        key ${text} PRIMARY KEY NOT NULL,
        job_id ${text} NOT NULL,
        until ${integer} NOT NULL
      )${keyedTable}`,
      `CREATE TABLE backbeat_tenants (
        queue ${text} NOT NULL,
        tenant ${text} NOT NULL,
        turn ${integer} NOT NULL,
        PRIMARY KEY (queue, tenant)
      )${keyedTable}`,
      `CREATE TABLE backbeat_queues (
        name ${text} PRIMARY KEY NOT NULL,
        paused_at ${integer},
        draining_since ${integer},
        concurrency ${integer}
      )${keyedTable}`,
      ...bulkClaimTable,
      ...workerStatements({ text, integer, keyedTable }),
      ...statsStatements({ text, integer, keyedTable }),
      ...notificationStatements({ id, text, integer, risingKey, keyedTable }),
      ...accessStatements({ text, integer, risingKey, keyedTable }),
      ...journalTables({ text, integer, journalTable, firstMark }),
    ],
  },
]
