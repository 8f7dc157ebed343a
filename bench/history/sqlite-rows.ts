import type { DatabaseSync } from 'node:sqlite'
import { CHUNK, type Column, type Multiplication } from './history.ts'

/** As on Postgres: rows of really finished jobs, multiplied; plain indexes are made anew. */
export function multiplyRows(database: DatabaseSync, { table, ids, count, column }: Multiplication): void {
  const columns = database
    .prepare(`SELECT name, type FROM pragma_table_info('${table}') WHERE name <> 'rowid'`)
    .all() as unknown as Column[]
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  const values = columns.map((each) => column(each) ?? `t."${each.name}"`).join(', ')
  const indexes = database
    .prepare(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql NOT LIKE 'CREATE UNIQUE%'`,
    )
    .all(table) as { name: string; sql: string }[]
  const picked = ids.map((id, place) => `SELECT ${place} AS bench_place, '${id}' AS picked_id`).join(' UNION ALL ')
  database.exec(`PRAGMA cache_size = -262144`)
  database.exec(`CREATE TEMP TABLE bench_templates AS SELECT bench_place, job.* FROM (${picked})
    JOIN ${table} AS job ON job.id = picked_id`)
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  for (let from = 1; from <= count; from += CHUNK) {
    database.exec(`WITH RECURSIVE series (g) AS (
        VALUES (${from}) UNION ALL SELECT g + 1 FROM series WHERE g < ${Math.min(count, from + CHUNK - 1)}
      )
      INSERT INTO ${table} (${names}) SELECT ${values}
      FROM series JOIN bench_templates AS t ON bench_place = g % ${ids.length}`)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }
  for (const { sql } of indexes) database.exec(sql)
  database.exec('DROP TABLE bench_templates')
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}
