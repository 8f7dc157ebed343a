import { randomUUID } from 'node:crypto'
import type { Clock } from '../src/clock.ts'
import { openStore } from '../src/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { administer } from './administer.ts'
import { databaseUrl, type PostgresServer, postgresServer } from './postgres-server.ts'

/** A kind of store whose time can be moved by hand. */
export interface TimedStore {
  name: string
  /** A store over an empty database of its own. */
  open(clock: Clock): Promise<Store>
}

/** Every kind of store that this machine has. */
export async function timedStores(): Promise<TimedStore[]> {
  const server = await postgresServer()
  return server ? [sqlite, postgresOn(server)] : [sqlite]
}

const sqlite: TimedStore = { name: 'SQLite', open: (clock) => openStore('sqlite::memory:', clock) }

/** Each store is a schema of its own. */
function postgresOn({ url }: PostgresServer): TimedStore {
  return {
    name: 'Postgres',
    async open(clock) {
      const schema = `faults_${randomUUID().replaceAll('-', '')}`
      const database = new URL(url).pathname.slice(1)
      const store = await openStore(databaseUrl(url, database, { schema, pool: '2', listen: 'false' }), clock)
      const close = store.close.bind(store)
      return Object.assign(store, {
        async close() {
          await close()
          await administer(url, `DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
        },
      })
    },
  }
}
