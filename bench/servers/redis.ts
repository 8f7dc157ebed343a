import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { findProgram, type Running, startServer } from './program.ts'

/** Starts the machine's own Redis, which keeps nothing on disk; `undefined` where it has none. */
export async function startRedis(folder: string): Promise<(Running & { url: string }) | undefined> {
  const program = findProgram('redis-server')
  if (!program) return undefined
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const running = await startServer(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    { stopSignal: 'SIGTERM', ping: () => ping(url) },
  )
  return { ...running, url }
}

async function ping(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    await redis.ping()
  } finally {
    redis.disconnect()
  }
}
