import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

/** A real Postgres for a test file: stores in schemas of their own, which are dropped in the end. */
export interface TestPostgres {
  /** Names a store that does not exist yet. */
  storeUrl(options?: Record<string, string>): string
  /** Runs a statement as somebody else: over a connection that is no store's. */
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>
  /** One more connection, closed in the end. */
  connect(): Promise<pg.Client>
  /** How many connections a test may open besides those that stores and other test files need. */
  freeConnections(): Promise<number>
  schemaOf(url: string): string
}

/** For the stores of this test, and for other test files that run at the same time. */
const RESERVED_CONNECTIONS = 30

/** Called at the top of a test file. What it returns is used inside of hooks and tests. */
export function usePostgres(): TestPostgres {
  const schemas: string[] = []
  const clients: pg.Client[] = []
  let server: PostgresServer | undefined
  let admin: pg.Client | undefined

  beforeAll(async () => {
    server = await findServer()
    admin = await connect()
  })
  afterAll(async () => {
    for (const schema of schemas) await admin?.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    for (const client of clients) await client.end()
    await server?.stop()
  })

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: server?.url ?? '' })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }

  return {
    connect,
    storeUrl(options = {}) {
      const url = new URL(server?.url ?? '')
      const schema = options.schema ?? `test_${crypto.randomUUID().replaceAll('-', '')}`
      schemas.push(schema)
      for (const [name, value] of Object.entries({ ...options, schema })) url.searchParams.set(name, value)
      return url.href
    },
    async query(text, values = []) {
      if (!admin) throw new Error('The test file has no Postgres yet; use it inside of a hook or a test')
      return (await admin.query(text, values)).rows
    },
    async freeConnections() {
      const answer = await admin?.query(
        `SELECT current_setting('max_connections')::integer - count(*)::integer AS free FROM pg_stat_activity`,
      )
      return Math.max(10, Number(answer?.rows[0]?.free) - RESERVED_CONNECTIONS)
    },
    schemaOf: (url) => new URL(url).searchParams.get('schema') ?? '',
  }
}

/** The one that the run shares, where its set-up is in place; else one for this file. */
async function findServer(): Promise<PostgresServer> {
  const starter = inject('postgresStarter')
  if (starter === undefined) return startPostgres()
  const response = await fetch(starter)
  const answer = await response.text()
  if (!response.ok) throw new Error(answer)
  return { url: answer, stop: async () => {} }
}
