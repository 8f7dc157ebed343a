import { setTimeout as sleep } from 'node:timers/promises'
import { BackbeatError } from '../../errors.ts'
import { EMPTY_SCHEMA, historyTable, type Migration, missingSteps, type SchemaVersion } from '../sql/upgrade.ts'
import type { OpenTransaction, PostgresConnection, Session } from './connection.ts'
import { isLockTimeout } from './errors.ts'
import { postgresDialect } from './kysely.ts'

/** An upgrade may take long, and wait for another process that does. */
const TIMEOUT_MS = 10 * 60_000
/**
 * A statement that waits for the lock of a table keeps everybody out of it who comes after, so it waits
 * for this long at most, in milliseconds, lets them through for a while, and tries again.
 */
const LOCK_TIMEOUT_MS = 500
const LOCK_PAUSE_MS = 1000
const POLL_MS = 200
const OLDEST_SERVER = 130_000

/**
 * Brings the tables up to date. One process does it; the others look again and again whether it is
 * done. They do not wait in the database: an index that is built beside writers waits for every
 * statement that is under way, and so would wait for those that wait for it.
 */
export async function migrate(connection: PostgresConnection, now: number, migrations: readonly Migration[]) {
  const { schema } = connection.location
  await checkServer(connection)
  const missing = async () => missingSteps(await versionOf(connection, schema), migrations)
  for (const giveUpAt = Date.now() + TIMEOUT_MS; (await missing()).length > 0; await sleep(POLL_MS)) {
    const lock = await tryLock(connection)
    if (!lock) {
      if (Date.now() > giveUpAt) throw stillLocked()
      continue
    }
    try {
      await withoutQueueing(connection, (session) => createSchema(session, schema))
      for (const step of await missing()) await takeStep(connection, step, now)
    } finally {
      await unlock(lock)
    }
    return
  }
}

async function takeStep(connection: PostgresConnection, step: Migration, now: number): Promise<void> {
  const { schema } = connection.location
  const { words } = postgresDialect(schema)
  if ('index' in step) {
    await buildIndex(connection, schema, step.index)
    return connection.transaction((session) => record(session, schema, step, now))
  }
  if ('batch' in step) {
    const text = step.batch(words)
    while ((await withoutQueueing(connection, (session) => session.run(text))).rowCount > 0);
    return connection.transaction((session) => record(session, schema, step, now))
  }
  await withoutQueueing(connection, async (session) => {
    for (const statement of step.statements(words)) await session.run(statement)
    await record(session, schema, step, now)
  })
}

async function record(session: Session, schema: string, step: Migration, now: number): Promise<void> {
  await session.run(
    `INSERT INTO "${schema}".backbeat_migrations (version, name, applied_at, oldest_code) VALUES ($1, $2, $3, $4)`,
    [step.version, step.name, now, step.oldestCode],
  )
}

/** Does the work in a transaction that never keeps others waiting for long, however long it has to wait itself. */
async function withoutQueueing<Result>(
  connection: PostgresConnection,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { schema } = connection.location
  const bounds = `SET LOCAL statement_timeout = ${TIMEOUT_MS}; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`
  for (const giveUpAt = Date.now() + TIMEOUT_MS; ; await sleep(LOCK_PAUSE_MS * (0.5 + Math.random()))) {
    try {
      return await connection.transaction(async (session) => {
        await session.run(`${bounds}; SET LOCAL search_path TO "${schema}"`)
        return work(session)
      }, TIMEOUT_MS)
    } catch (error) {
      if (!isLockTimeout(error) || Date.now() > giveUpAt) throw error
    }
  }
}

/** Takes up what was interrupted: the server leaves an index behind then that is written to and never used. */
async function buildIndex(
  connection: PostgresConnection,
  schema: string,
  { name, table, columns, where }: Extract<Migration, { index: unknown }>['index'],
): Promise<void> {
  const { rows } = await connection.run<{ valid: boolean }>(
    `SELECT indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = $2`,
    [schema, name],
  )
  if (rows[0]?.valid) return
  if (rows[0]) await connection.runAlone(`DROP INDEX CONCURRENTLY IF EXISTS "${schema}".${name}`)
  const condition = where ? ` WHERE ${where}` : ''
  await connection.runAlone(`CREATE INDEX CONCURRENTLY ${name} ON "${schema}".${table} (${columns})${condition}`)
}

/** Held by a transaction that stays open and does nothing else: whatever ends it, the lock is free again. */
async function tryLock(connection: PostgresConnection): Promise<OpenTransaction | undefined> {
  const { schema } = connection.location
  const transaction = await connection.begin()
  try {
    // Without a parameter: a statement that has any keeps its snapshot open behind it, for which an index
    // that is built beside writers would wait.
    const { rows } = await transaction.run<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('backbeat migrations of ${schema}', 0)) AS locked`,
    )
    if (rows[0]?.locked) return transaction
    await unlock(transaction)
    return undefined
  } catch (error) {
    transaction.release(false)
    throw error
  }
}

/** By ending the session as well, which is hardly ever needed again. */
async function unlock(transaction: OpenTransaction): Promise<void> {
  await transaction.run('ROLLBACK').catch(() => {})
  transaction.release(false)
}

function stillLocked(): BackbeatError {
  return new BackbeatError(
    'store_busy',
    `Another process has been upgrading the tables for ${TIMEOUT_MS / 60_000} minutes. Wait for it, or look for what holds it up.`,
    { status: 503 },
  )
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

async function versionOf(session: Session, schema: string): Promise<SchemaVersion> {
  const { rowCount } = await session.run(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relname = 'backbeat_migrations'`,
    [schema],
  )
  if (rowCount === 0) return EMPTY_SCHEMA
  const { rows } = await session.run<{ version: number; oldest_code: number }>(
    `SELECT version, oldest_code FROM "${schema}".backbeat_migrations ORDER BY version DESC LIMIT 1`,
  )
  return rows[0] ? { version: rows[0].version, oldestCode: rows[0].oldest_code } : EMPTY_SCHEMA
}

async function createSchema(session: Session, schema: string): Promise<void> {
  const { rowCount } = await session.run('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
  // Asked first: creating one that exists needs a right that a careful administrator does not give.
  if (rowCount === 0) await session.run(`CREATE SCHEMA "${schema}"`)
  await session.run(historyTable(postgresDialect(schema).words))
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
