import type { Lease } from '../../job/assignment.ts'
import type { NewLogLine, Progress, Report } from '../../job/report.ts'
import { storableMessage, toJsonText } from '../sql/values.ts'
import { wroteOut } from './bulk-claims.ts'
import type { SqliteConnection } from './connection.ts'
import { isHeld } from './leases.ts'

const PROGRESS = `
  UPDATE backbeat_jobs SET progress_percent = ?, progress_message = ?, progress_meta = ?
  WHERE id = ? AND status = 'running' AND delivery = ?`

const LOG = `INSERT INTO backbeat_log_lines (job_id, at, level, message, fields) VALUES (?, ?, ?, ?, ?)`

/** Whether the report was written; it is not where the lease is lost. Called inside a transaction. */
export function writeReport(connection: SqliteConnection, lease: Lease, report: Report): boolean {
  const write = () => (report.progress ? writeProgress(connection, lease, report.progress) : isHeld(connection, lease))
  if (!write() && !(wroteOut(connection, lease) && write())) return false
  writeLog(connection, lease.jobId, report.logs)
  connection.noteChange(lease.jobId)
  return true
}

function writeProgress(connection: SqliteConnection, { jobId, delivery }: Lease, progress: Progress): boolean {
  const message = progress.message === null ? null : storableMessage(progress.message)
  const { changes } = connection
    .statement(PROGRESS)
    .run(progress.percent, message, toJsonText(progress.meta), jobId, delivery)
  return changes === 1
}

function writeLog(connection: SqliteConnection, jobId: string, lines: readonly NewLogLine[]): void {
  const insert = connection.statement(LOG)
  for (const { at, level, message, fields } of lines) {
    insert.run(jobId, at, level, storableMessage(message), toJsonText(fields))
  }
}
