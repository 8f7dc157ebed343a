import type { Lease } from '../../job/assignment.ts'
import type { Report } from '../../job/report.ts'
import { storableMessage, toJsonText } from '../sql/values.ts'
import { writeOutSql, wroteOut } from './bulk-claims.ts'
import type { Session } from './connection.ts'
import { journalSql } from './journal.ts'
import { heldBy, type TableNames } from './statements.ts'

export interface LeasedReport {
  lease: Lease
  report: Report
}

export type ReportSql = ReturnType<typeof reportSql>

export function reportSql(tables: TableNames) {
  return { write: writeSql(tables), writeOut: writeOutSql(tables) }
}

/** Parameters: the leases, the latest progress of each, and the log lines, all as JSON lists. */
function writeSql(tables: TableNames): string {
  const { jobs, logLines } = tables
  return `
    WITH held AS MATERIALIZED (
      SELECT lease.place, job.id
      FROM json_to_recordset($1::json) AS lease (place bigint, id uuid, delivery bigint)
      JOIN ${jobs} AS job ON ${heldBy('job', 'lease')}
      FOR NO KEY UPDATE OF job
    ),
    progressed AS (
      UPDATE ${jobs} AS job SET
        progress_percent = progress.percent, progress_message = progress.message, progress_meta = progress.meta
      FROM json_to_recordset($2::json) AS progress (place bigint, percent bigint, message text, meta text)
      JOIN held USING (place)
      WHERE job.id = held.id
    ),
    logged AS (
      INSERT INTO ${logLines} (job_id, at, level, message, fields)
      SELECT held.id, line.at, line.level, line.message, line.fields
      FROM json_to_recordset($3::json) AS line (place bigint, line bigint, at bigint, level text, message text, fields text)
      JOIN held USING (place)
      ORDER BY line.line
    ),
    noted AS (${journalSql(tables, '(SELECT DISTINCT id FROM held) AS reported')})
    SELECT place FROM held`
}

/** Stores progress and log lines; answers the leases that are not current, whose reports were refused. */
export async function writeReports(
  session: Session,
  sql: ReportSql,
  reports: readonly LeasedReport[],
): Promise<Lease[]> {
  const refused = await writeHeld(session, sql, reports)
  const leases = refused.map(({ lease }) => lease)
  if (!(await wroteOut(session, sql.writeOut, leases))) return leases
  return (await writeHeld(session, sql, refused)).map(({ lease }) => lease)
}

/** Returns what is not of a job that its lease holds. */
async function writeHeld(
  session: Session,
  sql: ReportSql,
  reports: readonly LeasedReport[],
): Promise<readonly LeasedReport[]> {
  // In the order of the ids, which is the order in which everyone locks several jobs.
  const places = reports
    .map(({ lease }, place) => ({ place, id: lease.jobId, delivery: lease.delivery }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const { rows } = await session.run<{ place: number }>(sql.write, [
    JSON.stringify(places),
    JSON.stringify(latestProgress(reports)),
    JSON.stringify(logLinesOf(reports)),
  ])
  const held = new Set(rows.map(({ place }) => place))
  return reports.filter((_, place) => !held.has(place))
}

/** One for each lease: where a job reports twice, the later counts. */
function latestProgress(reports: readonly LeasedReport[]) {
  const latest = new Map<string, { place: number; percent: number; message: string | null; meta: string | null }>()
  for (const [place, { lease, report }] of reports.entries()) {
    if (!report.progress) continue
    const { percent, message, meta } = report.progress
    latest.set(`${lease.jobId} ${lease.delivery}`, {
      place,
      percent,
      message: message === null ? null : storableMessage(message),
      meta: toJsonText(meta),
    })
  }
  return [...latest.values()]
}

function logLinesOf(reports: readonly LeasedReport[]) {
  return reports
    .flatMap(({ report }, place) => report.logs.map((line) => ({ place, ...line })))
    .map(({ place, at, level, message, fields }, line) => ({
      place,
      line,
      at,
      level,
      message: storableMessage(message),
      fields: toJsonText(fields),
    }))
}
