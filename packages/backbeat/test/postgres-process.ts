// Runs a Postgres of its own for the tests: prints its URL, and stops when its input ends, so that
// nothing is left behind however the tests end.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadEmbeddedPostgres } from './embedded-postgres.ts'

const folder = mkdtempSync(join(tmpdir(), 'backbeat-postgres-'))
const said: string[] = []
const port = await freePort()
const EmbeddedPostgres = await loadEmbeddedPostgres()
const server = new EmbeddedPostgres({
  databaseDir: folder,
  port,
  user: 'postgres',
  password: 'postgres',
  persistent: false,
  // Postgres refuses to run as root; then it runs as a user of that name.
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
  postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'unix_socket_directories='],
  onLog: (line) => said.push(line),
  onError: (error) => said.push(String(error)),
})

try {
  await server.initialise()
  await server.start()
} catch (error) {
  rmSync(folder, { recursive: true, force: true })
  console.error(
    `Postgres could not be started for the tests. Set DATABASE_URL to one that runs.\n${error}\n${said.join('')}`,
  )
  process.exit(1)
}
console.log(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`)

process.stdin.resume()
process.stdin.on('close', async () => {
  await server.stop()
  process.exit(0)
})

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
