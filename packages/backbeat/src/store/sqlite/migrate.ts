import { EMPTY_SCHEMA, historyTable, type Migration, missingSteps, type SchemaVersion } from '../sql/upgrade.ts'
import type { SqliteConnection } from './connection.ts'
import { sqliteDialect } from './kysely.ts'

/**
 * Brings the tables up to date. The write lock makes other processes wait, then find nothing to do. Each
 * step is a transaction of its own, so that others get their turn in between; what is interrupted goes
 * on where it was. SQLite cannot build an index while others write: they wait for it.
 */
export async function migrate(connection: SqliteConnection, now: number, migrations: readonly Migration[]) {
  while (missingSteps(versionOf(connection), migrations).length > 0) {
    connection.write(() => takeStep(connection, now, migrations))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Looks again at what is missing, because another process may have been faster. */
function takeStep(connection: SqliteConnection, now: number, migrations: readonly Migration[]): void {
  const { database } = connection
  const [step] = missingSteps(versionOf(connection), migrations)
  if (!step) return
  database.exec(historyTable(sqliteDialect.words))
  if ('batch' in step) {
    if (database.prepare(step.batch(sqliteDialect.words)).run().changes > 0) return
  } else {
    for (const statement of statementsOf(step)) database.exec(statement)
  }
  database
    .prepare('INSERT INTO backbeat_migrations (version, name, applied_at, oldest_code) VALUES (?, ?, ?, ?)')
    .run(step.version, step.name, now, step.oldestCode)
}

function statementsOf(step: Exclude<Migration, { batch: unknown }>): string[] {
  if ('statements' in step) return step.statements(sqliteDialect.words)
  const { name, table, columns, where } = step.index
  return [`CREATE INDEX ${name} ON ${table} (${columns})${where ? ` WHERE ${where}` : ''}`]
}

function versionOf({ database }: SqliteConnection): SchemaVersion {
  const exists = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'backbeat_migrations'`).get()
  if (!exists) return EMPTY_SCHEMA
  const row = database
    .prepare('SELECT version, oldest_code FROM backbeat_migrations ORDER BY version DESC LIMIT 1')
    .get()
  return row ? { version: Number(row.version), oldestCode: Number(row.oldest_code) } : EMPTY_SCHEMA
}
