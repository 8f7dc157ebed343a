import { migrationsAfter } from '../sql/migrations.ts'
import type { SqliteConnection } from './connection.ts'
import { sqliteDialect } from './kysely.ts'

/** Brings the tables up to date. The write lock makes other processes wait, then find nothing to do. */
export function migrate(connection: SqliteConnection, now: number): void {
  if (migrationsAfter(versionOf(connection)).length === 0) return
  const { database } = connection
  connection.write(() => {
    database.exec(`CREATE TABLE IF NOT EXISTS backbeat_migrations (
      version INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      applied_at INTEGER NOT NULL
    )`)
    for (const migration of migrationsAfter(versionOf(connection))) {
      for (const statement of migration.statements(sqliteDialect.words)) database.exec(statement)
      database
        .prepare('INSERT INTO backbeat_migrations (version, name, applied_at) VALUES (?, ?, ?)')
        .run(migration.version, migration.name, now)
    }
  })
}

function versionOf({ database }: SqliteConnection): number {
  const exists = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'backbeat_migrations'`).get()
  if (!exists) return 0
  return Number(database.prepare('SELECT coalesce(max(version), 0) AS version FROM backbeat_migrations').get()?.version)
}
