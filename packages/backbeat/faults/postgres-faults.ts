import pg from 'pg'
import { administer } from './administer.ts'
import type { Fault } from './fault.ts'
import type { Ground } from './ground.ts'
import type { SilentProxy } from './silent-proxy.ts'
import { sleep, until } from './waiting.ts'

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

/** An administrator ends every session, whatever it is in the midst of. */
export const terminateBackends: Fault = {
  name: 'Postgres: every backend terminated',
  // A claim may have been committed and its answer lost.
  mayLeave: ['lost'],
  inject(ground) {
    return ground.outage(this.name, async () => {
      await administer(ground.database.url, TERMINATE)
    })
  },
}

/** The server is stopped in the midst of everything, and started again. Does nothing where it is not ours. */
export const restartServer: Fault = {
  name: 'Postgres: server restarted',
  mayLeave: ['lost'],
  inject(ground) {
    const { database } = ground
    return ground.outage(this.name, async () => {
      await database.restart?.()
      const answers = () => administer(database.url, 'SELECT 1').then(Boolean, () => false)
      await until('the server answers again', answers)
    })
  },
}

/** The server, or something on the way to it, takes connections and says nothing any more. */
export function serverSilent(proxy: SilentProxy, ms: number): Fault {
  return {
    name: `Postgres: accepts and never answers, for ${ms / 1000} s`,
    mayLeave: ['lost'],
    inject(ground) {
      return ground.outage(this.name, async () => {
        proxy.fallSilent()
        await sleep(ms)
        proxy.speak()
      })
    },
  }
}

/** Somebody else's transaction sees the database as it was before all of the load, so that no dead row can be removed. */
export async function holdSnapshot({ database }: Ground): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url.split('?')[0] })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT txid_current()')
  return () => client.end()
}
