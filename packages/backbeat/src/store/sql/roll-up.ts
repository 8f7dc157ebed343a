import { ALL_TIME, HOUR_MS, MINUTE_MS } from './stats-tables.ts'

/**
 * What came to rest so recently is tallied later: a transaction that is still to commit may have
 * given its jobs an earlier time than one that has committed.
 */
export const SETTLED_AFTER_MS = 10_000
/** How many jobs are tallied in one transaction. */
const JOBS_PER_ROLL_UP = 20_000
const MINUTES_KEPT_MS = 26 * HOUR_MS

/** The statements of a roll-up, with the database's own parameters and table names. */
export function rollUpSql(p: (index: number) => string, tables: { jobs: string; stats: string; cursor: string }) {
  const { jobs, stats, cursor } = tables
  const tally = (span: number) => {
    const at = span === ALL_TIME ? 'completed_at * 0' : `completed_at - completed_at % ${span}`
    const byQueue = span === MINUTE_MS
    return `
      INSERT INTO ${stats} AS known (span, at, task_type, status, queue, count)
      SELECT ${span}, ${at}, task_type, status, ${byQueue ? 'queue' : "''"}, count(*) FROM ${jobs} AS job
      WHERE completed_at > ${p(1)} AND completed_at <= ${p(2)} GROUP BY 2, 3, 4${byQueue ? ', 5' : ''}
      ON CONFLICT (span, at, task_type, status, queue) DO UPDATE SET count = known.count + excluded.count`
  }
  return {
    /** Where a full batch ends; no row where there are fewer. */
    batchEnd: `
      SELECT completed_at AS until FROM ${jobs} WHERE completed_at > ${p(1)} AND completed_at <= ${p(2)}
      ORDER BY completed_at LIMIT 1 OFFSET ${JOBS_PER_ROLL_UP}`,
    tallyMinutes: tally(MINUTE_MS),
    tallyHours: tally(HOUR_MS),
    tallyAll: tally(ALL_TIME),
    advance: `UPDATE ${cursor} SET until = ${p(1)} WHERE id = 1`,
    forget: `DELETE FROM ${stats} WHERE span = ${MINUTE_MS} AND at < ${p(1)} - ${MINUTES_KEPT_MS}`,
  }
}
