import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { administer } from './administer.ts'
import { databaseUrl, type PostgresServer, postgresServer } from './postgres-server.ts'

/** A database of one test's own. */
export interface Database {
  kind: string
  /** The store's url. */
  url: string
  /** Whether what is stored is whole; throws where it is not. */
  check(): Promise<void>
  drop(): Promise<void>
  /** Makes the table that transactional tasks write to. */
  createLedger(): Promise<void>
  /** How often each job has written to it. */
  postings(): Promise<Map<string, number>>
  /** The newest step of the schema that was applied. */
  version(): Promise<number>
  /** Lets nobody write until what it returns is called. */
  holdWrites(): Promise<() => Promise<void>>
  /** Stops its server and starts it again; only where the server is ours. */
  restart?(): Promise<void>
}

/** A kind of database that faults are tried on. */
export interface DatabaseKind {
  name: string
  /** @param folder where files may be kept */
  create(folder: string): Promise<Database>
}

/** The application's own, beside the store's tables. */
const LEDGER = 'CREATE TABLE IF NOT EXISTS faults_postings (job text NOT NULL)'
const POSTINGS = 'SELECT job, count(*) AS times FROM faults_postings GROUP BY job'

function countsOf(rows: Record<string, unknown>[]): Map<string, number> {
  return new Map(rows.map(({ job, times }) => [String(job), Number(times)]))
}

const sqlite: DatabaseKind = {
  name: 'SQLite',
  create: async (folder) => sqliteIn(folder),
}

/** A SQLite file in the folder. */
export function sqliteIn(folder: string): Database & { file: string } {
  return sqliteAt(join(folder, 'jobs.db'))
}

function sqliteAt(file: string): Database & { file: string } {
  return {
    kind: sqlite.name,
    url: `sqlite:${file}`,
    file,
    async check() {
      const database = new DatabaseSync(file)
      const answer = database.prepare('PRAGMA integrity_check').get()?.integrity_check
      database.close()
      if (answer !== 'ok') throw new Error(`The file is damaged: ${answer}`)
    },
    drop: async () => undefined,
    async createLedger() {
      const database = new DatabaseSync(file, { timeout: 5000 })
      database.exec(LEDGER)
      database.close()
    },
    async postings() {
      const database = new DatabaseSync(file, { timeout: 5000 })
      const rows = database.prepare(POSTINGS).all()
      database.close()
      return countsOf(rows)
    },
    async version() {
      const database = new DatabaseSync(file, { timeout: 5000 })
      const row = database.prepare('SELECT max(version) AS version FROM backbeat_migrations').get()
      database.close()
      return Number(row?.version)
    },
    async holdWrites() {
      const database = new DatabaseSync(file, { timeout: 5000 })
      database.exec('BEGIN IMMEDIATE')
      return async () => database.close()
    },
  }
}

/** Databases of their own on a Postgres server. */
export function postgresOn(server: PostgresServer): DatabaseKind {
  return {
    name: 'Postgres',
    create: async () => {
      const name = `backbeat_faults_${randomUUID().replaceAll('-', '')}`
      await administer(server.url, `CREATE DATABASE ${name}`)
      return {
        ...postgresAt(databaseUrl(server.url, name)),
        ...(server.restart && { restart: server.restart }),
        drop: async () => void (await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`)),
      }
    },
  }
}

function postgresAt(url: string): Database {
  return {
    kind: 'Postgres',
    url,
    check: async () => void (await administer(url, 'SELECT 1')),
    drop: async () => undefined,
    createLedger: async () => void (await administer(url, LEDGER)),
    postings: async () => countsOf((await administer(url, POSTINGS)).rows),
    async version() {
      const { rows } = await administer(url, 'SELECT max(version) AS version FROM backbeat.backbeat_migrations')
      return Number(rows[0]?.version)
    },
    async holdWrites() {
      const client = new pg.Client({ connectionString: url.split('?')[0] })
      await client.connect()
      await client.query('BEGIN')
      await client.query('LOCK TABLE backbeat.backbeat_jobs IN SHARE MODE')
      return () => client.end()
    },
  }
}

/** Every kind of database that this machine has. */
export async function databases(): Promise<DatabaseKind[]> {
  const server = await postgresServer()
  return server ? [sqlite, postgresOn(server)] : [sqlite]
}

/** The kind that a store's url asks for, or `postgres` for a server of our own; by default a SQLite file of its own. */
export async function pickDatabase(url: string | undefined): Promise<DatabaseKind> {
  if (url === undefined) return sqlite
  if (url.startsWith('sqlite:')) return { ...sqlite, create: async () => sqliteAt(url.slice('sqlite:'.length)) }
  if (url !== 'postgres') return { name: 'Postgres', create: async () => postgresAt(url) }
  const server = await postgresServer()
  if (!server) throw new Error('There is no Postgres server. Set DATABASE_URL to one that runs.')
  return postgresOn(server)
}
