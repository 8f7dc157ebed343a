// Runs a Postgres of its own for the tests: prints its URL, and stops when its input ends, so that
// nothing is left behind however the tests end.
import { rmSync } from 'node:fs'
import { newPostgres } from './embedded-postgres.ts'

const said: string[] = []
const { server, folder, url } = await newPostgres('backbeat-postgres-', {
  flags: ['fsync=off'],
  persistent: false,
  onLog: (line) => said.push(line),
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
console.log(url)

process.stdin.resume()
process.stdin.on('close', async () => {
  await server.stop()
  process.exit(0)
})
