import type { Generated } from 'kysely'
import type { NotifiableStatus } from '../../job/notification.ts'
import type { SchemaWords } from './dialect.ts'

/** For whoever may see jobs of its task. */
export const EVERYONE = ''

/** One row for each reason and each of those whom it concerns. */
export interface NotificationsTable {
  id: Generated<number>
  fingerprint: string
  /** {@link EVERYONE}, or somebody who started jobs of it: their own are counted apart, for who may see no others. */
  addressee: string
  task_type: string
  status: NotifiableStatus
  error_type: string | null
  message: string | null
  count: number
  first_job_id: string
  last_job_id: string
  first_at: number
  last_at: number
}

/** How far somebody has read. */
export interface NotificationReadsTable {
  reader: string
  notification_id: number
  /** Of the notification's count, how much was read. */
  read_count: number
  /** While the count is no higher, it is not shown. */
  dismissed_count: number
  read_at: number
}

export interface NotificationTables {
  backbeat_notifications: NotificationsTable
  backbeat_notification_reads: NotificationReadsTable
}

type Words = Pick<SchemaWords, 'id' | 'text' | 'integer' | 'risingKey' | 'keyedTable'>

export function notificationStatements({ id, text, integer, risingKey, keyedTable }: Words): string[] {
  return [
    `CREATE TABLE backbeat_notifications (
      id ${risingKey},
      fingerprint ${text} NOT NULL,
      addressee ${text} NOT NULL,
      task_type ${text} NOT NULL,
      status ${text} NOT NULL,
      error_type ${text},
      message ${text},
      count ${integer} NOT NULL,
      first_job_id ${id} NOT NULL,
      last_job_id ${id} NOT NULL,
      first_at ${integer} NOT NULL,
      last_at ${integer} NOT NULL
    )`,
    `CREATE UNIQUE INDEX backbeat_notifications_reason ON backbeat_notifications (task_type, fingerprint, addressee)`,
    `CREATE INDEX backbeat_notifications_latest ON backbeat_notifications (addressee, last_at, id)`,
    `CREATE INDEX backbeat_notifications_age ON backbeat_notifications (last_at)`,
    `CREATE TABLE backbeat_notification_reads (
      reader ${text} NOT NULL,
      notification_id ${integer} NOT NULL,
      read_count ${integer} NOT NULL,
      dismissed_count ${integer} NOT NULL,
      read_at ${integer} NOT NULL,
      PRIMARY KEY (reader, notification_id)
    )${keyedTable}`,
    `CREATE INDEX backbeat_notification_reads_of ON backbeat_notification_reads (notification_id)`,
  ]
}

/** Whether somebody who may ask started a job, and not a schedule or the application itself. */
export const HAS_STARTER = `(triggered_by LIKE 'manual:%' OR triggered_by LIKE 'api:%')`

/** Follows the insert of a notification into `backbeat_notifications AS known`: where there is one, it is counted up. */
export const OR_COUNT_UP = `
  ON CONFLICT (task_type, fingerprint, addressee) DO UPDATE SET
    count = known.count + excluded.count, status = excluded.status,
    error_type = excluded.error_type, message = excluded.message, last_job_id = excluded.last_job_id,
    last_at = CASE WHEN excluded.last_at > known.last_at THEN excluded.last_at ELSE known.last_at END`
