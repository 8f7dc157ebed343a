import type { Clock } from './clock.ts'
import { BackbeatError } from './errors.ts'
import type { Migration } from './store/sql/upgrade.ts'
import type { Store } from './store/store.ts'

/**
 * Opens the store that a URL names. Its library is loaded only now, so that what is not used need
 * not be installed.
 *
 * @param migrations every step of the schema, where they are not those of this version
 * @throws BackbeatError `unknown_store` where no store has that scheme
 */
export async function openStore(url: string, clock?: Clock, migrations?: readonly Migration[]): Promise<Store> {
  const scheme = url.slice(0, url.indexOf(':'))
  const options = { ...(clock && { clock }), ...(migrations && { migrations }) }
  switch (scheme) {
    case 'sqlite': {
      const { openSqliteStore } = await import('./store/sqlite/open.ts')
      return openSqliteStore(url, options)
    }
    case 'postgres':
    case 'postgresql': {
      const { openPostgresStore } = await import('./store/postgres/open.ts')
      return openPostgresStore(url, options)
    }
    default:
      throw new BackbeatError(
        'unknown_store',
        `No store is called "${scheme}". Give sqlite:<file>, sqlite::memory: or postgres://<host>/<database>.`,
      )
  }
}
