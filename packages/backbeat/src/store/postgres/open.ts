import { type Clock, systemClock } from '../../clock.ts'
import { PATIENCE, type Patience } from '../sql/job-search.ts'
import { MIGRATIONS } from '../sql/migrations.ts'
import type { Migration } from '../sql/upgrade.ts'
import type { Store } from '../store.ts'
import { PostgresConnection } from './connection.ts'
import { loadPg } from './library.ts'
import { parseLocation } from './location.ts'
import { PostgresStore } from './postgres-store.ts'

interface OpenOptions {
  clock?: Clock
  migrations?: readonly Migration[]
  patience?: Patience
}

/**
 * Opens a Postgres database, of version 13 or newer, as a store. Connects when it is first used; call
 * `migrate()` before anything else.
 *
 * @param url `postgres://<user>:<password>@<host>:<port>/<database>`, with what `pg` understands and
 *   these options of our own: `schema` (default `backbeat`, created where it is missing), `pool` (at
 *   most so many connections besides the one that listens; default 5), `timeout` (for each statement;
 *   default `30s`), `listen=false` (do not try LISTEN) and `prepare=false` (do not
 *   prepare statements once for each connection; never done behind a pooler that shares sessions out)
 * @param options.clock where the time comes from; by default the database
 * @param options.migrations every step of the schema; by default those that this version knows
 * @param options.patience for how long lists look for jobs; by default so that an answer takes 200 ms
 * @throws BackbeatError `invalid_store_url`, or `package_missing` where `pg` is not installed
 * @example
 * const store = await openPostgresStore('postgres://app:secret@db.internal/app?schema=jobs')
 * await store.migrate()
 */
export async function openPostgresStore(
  url: string,
  { clock, migrations = MIGRATIONS, patience = PATIENCE }: OpenOptions = {},
): Promise<Store> {
  const location = parseLocation(url)
  const connection = new PostgresConnection(await loadPg(), location)
  return new PostgresStore(connection, clock ?? systemClock, clock !== undefined, migrations, patience)
}
