import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Asked for the URL of a Postgres server, which is started for the first who asks. */
    postgresStarter: string
  }
}

export interface PostgresServer {
  url: string
  stop(): Promise<void>
}

/** The server that `DATABASE_URL` names, or else one that is started now. */
export async function startPostgres(): Promise<PostgresServer> {
  const { DATABASE_URL } = process.env
  if (DATABASE_URL) return { url: DATABASE_URL, stop: async () => {} }
  const script = fileURLToPath(new URL('./postgres-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`The Postgres for the tests ended with code ${code}`))),
  ])
  return {
    url: String(url),
    stop: async () => {
      child.stdin.end()
      await exited
    },
  }
}

/** Vitest's global set-up: one server for the whole run, and none where no test asks for one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<PostgresServer> | undefined
  const starter = createServer(async (_, response) => {
    try {
      starting ??= startPostgres()
      response.end((await starting).url)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  starter.listen(0, '127.0.0.1')
  await once(starter, 'listening')
  project.provide('postgresStarter', `http://127.0.0.1:${(starter.address() as AddressInfo).port}`)
  return async () => {
    starter.closeAllConnections()
    starter.close()
    await (await starting?.catch(() => undefined))?.stop()
  }
}
