import { fork } from 'node:child_process'
import { once } from 'node:events'

const MODULE = new URL('./keeper-process.ts', import.meta.url)

/** What the bench runs on. */
export interface Servers {
  /** Where SQLite's files may be put. */
  folder: string
  /** Reaches a database from which others can be made. */
  postgres: string
  /** `null` where this machine has none. */
  redis: string | null
  stop(): Promise<void>
}

export interface ServerOptions {
  /** In which folder everything is kept while the bench runs. */
  data: string
  /** Postgres settings such as `shared_buffers=1GB`, besides its defaults. */
  postgresSettings: readonly string[]
}

/** Starts servers of the bench's own. They end, and their files are removed, however this process ends. */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const child = fork(MODULE, [JSON.stringify(options)])
  const ended = once(child, 'exit')
  const failed = ended.then(() => Promise.reject(new Error('The servers could not be started.')))
  const [message] = await Promise.race([once(child, 'message'), failed])
  failed.catch(() => undefined)
  return {
    ...message,
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
