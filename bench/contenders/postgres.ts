import type pg from 'pg'

/**
 * As fair to one as to the other: fresh planner statistics, and no checkpoint left over from what
 * came before.
 */
export async function settlePostgres(pool: pg.Pool): Promise<void> {
  await pool.query('ANALYZE')
  await pool.query('CHECKPOINT')
}
