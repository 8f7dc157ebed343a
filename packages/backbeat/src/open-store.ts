import type { Clock } from './clock.ts'
import { BackbeatError } from './errors.ts'
import type { Migration } from './store/sql/upgrade.ts'
import type { HeartbeatRecords, Store } from './store/store.ts'

/**
 * Opens the store that a URL names. Its library is loaded only now, so that what is not used need
 * not be installed.
 *
 * @param migrations every step of the schema, where they are not those of this version
 * @throws BackbeatError `unknown_store` where no store has that scheme
 */
export async function openStore(url: string, clock?: Clock, migrations?: readonly Migration[]): Promise<Store> {
  const options = { ...(clock && { clock }), ...(migrations && { migrations }) }
  if (databaseOf(url) === 'sqlite') {
    const { openSqliteStore } = await import('./store/sqlite/open.ts')
    return openSqliteStore(url, options)
  }
  const { openPostgresStore } = await import('./store/postgres/open.ts')
  return openPostgresStore(url, options)
}

/**
 * Opens only what a heartbeat needs of that store, which loads far less. Throws as {@link openStore} does.
 *
 * @param shared of the store that the heartbeat helps, in this process
 */
export async function openHeartbeatRecords(url: string, shared: SharedArrayBuffer | null): Promise<HeartbeatRecords> {
  if (databaseOf(url) === 'sqlite') {
    const { openSqliteHeartbeatRecords } = await import('./store/sqlite/open-heartbeat-records.ts')
    return openSqliteHeartbeatRecords(url, shared)
  }
  const { openPostgresHeartbeatRecords } = await import('./store/postgres/open-heartbeat-records.ts')
  return openPostgresHeartbeatRecords(url)
}

function databaseOf(url: string): 'sqlite' | 'postgres' {
  const scheme = url.slice(0, url.indexOf(':'))
  if (scheme === 'sqlite') return 'sqlite'
  if (scheme === 'postgres' || scheme === 'postgresql') return 'postgres'
  throw new BackbeatError(
    'unknown_store',
    `No store is called "${scheme}". Give sqlite:<file>, sqlite::memory: or postgres://<host>/<database>.`,
  )
}
