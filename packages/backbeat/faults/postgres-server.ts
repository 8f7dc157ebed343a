import { fork } from 'node:child_process'
import { once } from 'node:events'
import { BackbeatError } from '../src/errors.ts'
import { openStore } from '../src/open-store.ts'

const SERVER = new URL('./fixtures/postgres-process.ts', import.meta.url)

/** A Postgres server of this machine. */
export interface PostgresServer {
  /** Reaches a database from which others can be made. */
  url: string
  /** Stops it and starts it again; `null` where it is not ours to stop. */
  restart: (() => Promise<void>) | null
}

let server: Promise<PostgresServer | undefined> | undefined

/** The server that the suite may use, or `undefined` where there is none. */
export function postgresServer(): Promise<PostgresServer | undefined> {
  server ??= findServer()
  return server
}

async function findServer(): Promise<PostgresServer | undefined> {
  if (!(await isSupported())) return undefined
  const url = process.env.DATABASE_URL
  if (url) return { url, restart: null }
  try {
    return await startServer()
  } catch (error) {
    console.warn(`Nothing is tried on Postgres: none could be started. Set DATABASE_URL to one that runs.\n${error}`)
    return undefined
  }
}

/** One of our own. It ends with this process, which it does not keep alive. */
async function startServer(): Promise<PostgresServer> {
  const child = fork(SERVER, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(said || 'It ended at once')))
  const [{ url }] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => undefined)
  child.stderr?.destroy()
  child.unref()
  child.channel?.unref()
  return {
    url,
    async restart() {
      const restarted = once(child, 'message')
      child.send('restart')
      await restarted
    },
  }
}

/** Whether this version has a store for it. */
async function isSupported(): Promise<boolean> {
  try {
    await (await openStore('postgres://127.0.0.1:1/none')).close()
    return true
  } catch (error) {
    if (error instanceof BackbeatError && error.code === 'unknown_store') return false
    throw error
  }
}

/** The url of another database on the same server, with options of the store. */
export function databaseUrl(url: string, database: string, options: Record<string, string> = {}): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  for (const [name, value] of Object.entries(options)) changed.searchParams.set(name, value)
  return changed.href
}
