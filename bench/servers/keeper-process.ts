// Keeps the servers of the bench: starts them, tells where they are, and when the bench is gone
// stops them and removes everything.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerOptions } from './keeper.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

const { data, postgresSettings } = JSON.parse(process.argv[2] ?? '{}') as ServerOptions
mkdirSync(data, { recursive: true })
const folder = mkdtempSync(join(data, 'backbeat-bench-'))
// Postgres may run as somebody else.
chmodSync(folder, 0o755)

const stops: (() => Promise<void>)[] = []
let stopping: Promise<void> | undefined
const stopAll = async () => {
  await Promise.all(stops.map((stop) => stop()))
  rmSync(folder, { recursive: true, force: true })
}

// An interrupt reaches the whole group; the bench decides when its servers stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.once('disconnect', async () => {
  stopping ??= stopAll()
  await stopping
  process.exit(0)
})

try {
  const postgres = await startPostgres(join(folder, 'postgres'), postgresSettings)
  stops.push(postgres.stop)
  const redis = await startRedis(folder)
  if (redis) stops.push(redis.stop)
  process.send?.({ folder, postgres: postgres.url, redis: redis?.url ?? null })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await stopAll()
  process.exit(1)
}
