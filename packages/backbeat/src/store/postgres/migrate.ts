import { BackbeatError } from '../../errors.ts'
import { migrationsAfter } from '../sql/migrations.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { postgresDialect } from './kysely.ts'

/** Statements of an upgrade may rewrite what is there, and wait for another process that does. */
const TIMEOUT_MS = 10 * 60_000
const OLDEST_SERVER = 130_000

/** Brings the tables up to date. A lock makes other processes wait, then find nothing to do. */
export async function migrate(connection: PostgresConnection, now: number): Promise<void> {
  const { schema } = connection.location
  await checkServer(connection)
  if (migrationsAfter(await versionOf(connection, schema)).length === 0) return
  await connection.transaction(async (session) => {
    await session.run(`SET LOCAL statement_timeout = ${TIMEOUT_MS}; SET LOCAL lock_timeout = 0`)
    await session.run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`backbeat migrations of ${schema}`])
    const missing = migrationsAfter(await versionOf(session, schema))
    if (missing.length === 0) return
    await createSchema(session, schema)
    const { words } = postgresDialect(schema)
    for (const migration of missing) {
      for (const statement of migration.statements(words)) await session.run(statement)
      await session.run('INSERT INTO backbeat_migrations (version, name, applied_at) VALUES ($1, $2, $3)', [
        migration.version,
        migration.name,
        now,
      ])
    }
  }, TIMEOUT_MS)
}

/** @throws BackbeatError `store_too_old` or `store_encoding` */
export async function checkServer(session: Session): Promise<void> {
  const { rows } = await session.run<{ version: string; shown: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS version, current_setting('server_version') AS shown,
      current_setting('server_encoding') AS encoding`,
  )
  const [server] = rows
  if (Number(server?.version) < OLDEST_SERVER) {
    throw new BackbeatError(
      'store_too_old',
      `The database server is Postgres ${server?.shown}. Backbeat needs version 13 or newer; upgrade the server.`,
    )
  }
  if (server?.encoding !== 'UTF8') {
    throw new BackbeatError(
      'store_encoding',
      `The database's encoding is ${server?.encoding}, which cannot hold every text. Create one with ENCODING 'UTF8'.`,
    )
  }
}

async function versionOf(session: Session, schema: string): Promise<number> {
  // Not by to_regclass: within a transaction it may answer from what the session knew before the lock.
  const { rowCount } = await session.run(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relname = 'backbeat_migrations'`,
    [schema],
  )
  if (rowCount === 0) return 0
  const { rows } = await session.run<{ version: number }>(
    `SELECT coalesce(max(version), 0) AS version FROM "${schema}".backbeat_migrations`,
  )
  return rows[0]?.version ?? 0
}

async function createSchema(session: Session, schema: string): Promise<void> {
  const { rowCount } = await session.run('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
  // Asked first: creating one that exists needs a right that a careful administrator does not give.
  if (rowCount === 0) await session.run(`CREATE SCHEMA "${schema}"`)
  await session.run(`SET LOCAL search_path TO "${schema}"`)
  await session.run(`CREATE TABLE IF NOT EXISTS backbeat_migrations (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    applied_at bigint NOT NULL
  )`)
  await session.run(`
    CREATE OR REPLACE FUNCTION backbeat_lower(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT lower($1 COLLATE ${await collationOfLetters(session)}) $$`)
}

/** One that knows the letter case of every language; what the server offers depends on how it was built. */
async function collationOfLetters(session: Session): Promise<string> {
  const { rows } = await session.run<{ collname: string }>(
    `SELECT collname FROM pg_collation
    WHERE collname = ANY($1::text[]) AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
    ORDER BY array_position($1::text[], collname::text) LIMIT 1`,
    [['und-x-icu', 'pg_unicode_fast', 'pg_c_utf8', 'C.utf8', 'C.UTF-8', 'en_US.utf8', 'en_US.UTF-8']],
  )
  return `pg_catalog."${rows[0]?.collname ?? 'default'}"`
}
