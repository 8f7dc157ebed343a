import type pg from 'pg'
import { CHUNK, type Multiplication } from './history.ts'

/**
 * Multiplies rows of really finished jobs. Plain indexes are dropped and made anew, which takes a
 * fraction of the time; the table is then vacuumed, as it would have been by itself by then.
 */
export async function multiplyRows(pool: pg.Pool, { table, ids, count, column }: Multiplication): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(`SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'`)
    const { rows: columns } = await client.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
      ORDER BY attnum`,
      [table],
    )
    const names = columns.map(({ name }) => `"${name}"`).join(', ')
    const values = columns.map((each) => column(each) ?? `t."${each.name}"`).join(', ')
    await client.query(
      `CREATE TEMP TABLE bench_templates AS
      SELECT place - 1 AS bench_place, job.* FROM unnest($1::text[]) WITH ORDINALITY AS picked (picked_id, place)
      JOIN ${table} AS job ON job.id = picked_id::uuid`,
      [ids],
    )
    const indexes = await plainIndexes(client, table)
    for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
    for (let from = 1; from <= count; from += CHUNK) {
      await client.query(`INSERT INTO ${table} (${names})
        SELECT ${values} FROM generate_series(${from}, ${Math.min(count, from + CHUNK - 1)}) AS g
        JOIN bench_templates AS t ON bench_place = g % ${ids.length}`)
    }
    for (const { definition } of indexes) await client.query(definition)
    await client.query('DROP TABLE bench_templates')
    await client.query(`VACUUM (ANALYZE) ${table}`)
    await client.query('CHECKPOINT')
    await client.query('RESET ALL')
  } finally {
    client.release()
  }
}

async function plainIndexes(client: pg.PoolClient, table: string): Promise<{ name: string; definition: string }[]> {
  const { rows } = await client.query(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = $1::regclass AND NOT indisunique
      AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)`,
    [table],
  )
  return rows
}
