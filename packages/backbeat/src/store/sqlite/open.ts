import { type Clock, systemClock } from '../../clock.ts'
import { PATIENCE, type Patience } from '../sql/job-search.ts'
import { MIGRATIONS } from '../sql/migrations.ts'
import type { Migration } from '../sql/upgrade.ts'
import type { Store } from '../store.ts'
import { Checkpoints } from './checkpoints.ts'
import { SqliteConnection } from './connection.ts'
import { parseLocation } from './location.ts'
import { SqliteStore } from './sqlite-store.ts'

interface OpenOptions {
  clock?: Clock
  migrations?: readonly Migration[]
  patience?: Patience
}

/**
 * Opens a SQLite database as a store. Call `migrate()` before anything else.
 *
 * @param url `sqlite:<file>`, relative to the working folder, whose folders are created where they
 *   are missing; or `sqlite::memory:`, which lasts until it is closed. With `?synchronous=full`
 *   each commit survives a power cut; by default the last few may be lost then, and nothing else.
 * @param options.clock where the time comes from; by default the system
 * @param options.migrations every step of the schema; by default those that this version knows
 * @param options.patience for how long lists look for jobs; by default so that an answer takes 200 ms
 * @throws BackbeatError `invalid_store_url`, or coded by what is wrong with the file, such as
 *   `store_unavailable` or `store_not_a_database`
 * @example
 * const store = openSqliteStore('sqlite:.data/backbeat.db')
 * await store.migrate()
 */
export function openSqliteStore(
  url: string,
  { clock = systemClock, migrations = MIGRATIONS, patience = PATIENCE }: OpenOptions = {},
): Store {
  const connection = new SqliteConnection(parseLocation(url), 'everything', new Checkpoints())
  return new SqliteStore(connection, clock, migrations, patience)
}
