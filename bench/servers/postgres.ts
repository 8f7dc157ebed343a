import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { loadEmbeddedPostgres } from '../../packages/backbeat/test/embedded-postgres.ts'
import { freePort } from './free-port.ts'
import { findProgram, type Running, startServer, unprivileged } from './program.ts'

const INSTALLED = '/usr/lib/postgresql'

/** At its defaults, and so at its default durability. */
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200']

/**
 * Starts a Postgres in an empty folder: the one that the machine has, else the one that npm brought.
 *
 * @param settings such as `shared_buffers=1GB`
 */
export async function startPostgres(folder: string, settings: readonly string[]): Promise<Running & { url: string }> {
  const port = await freePort()
  const all = [...SETTINGS, ...settings]
  const system = systemPostgres()
  if (!system) return embedded(folder, port, all)
  const user = unprivileged()
  mkdirSync(folder)
  if (user) chownSync(folder, user.uid, user.gid)
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C']
  execFileSync(system.initdb, ['-D', folder, ...flags], {
    ...user,
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: folder,
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const running = await startServer(
    system.postgres,
    ['-D', folder, '-p', String(port), ...all.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: folder, stopSignal: 'SIGINT', ping: () => ping(url) },
  )
  return { ...running, url }
}

function systemPostgres(): { initdb: string; postgres: string } | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a)) : []
  const folders = versions.map((version) => join(INSTALLED, version, 'bin'))
  const initdb = findProgram('initdb', folders)
  const postgres = findProgram('postgres', folders)
  return initdb && postgres ? { initdb, postgres } : undefined
}

async function embedded(folder: string, port: number, settings: readonly string[]): Promise<Running & { url: string }> {
  const EmbeddedPostgres = await loadEmbeddedPostgres()
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    // Postgres refuses to run as root; then it runs as a user of that name.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  return { url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
}

async function ping(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.end()
}

/** Makes a database, and answers its URL. */
export async function createDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const created = new URL(url)
  created.pathname = `/${name}`
  return created.href
}
