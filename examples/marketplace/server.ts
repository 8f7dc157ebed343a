import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { BackbeatError, type Job, UnknownJobError } from 'backbeat'
import { Hono } from 'hono'
import { backbeat } from './backbeat.ts'
import { openShopDatabase } from './database.ts'
import { catalogPages } from './modules/catalog/pages.ts'
import { productImport } from './modules/catalog/tasks.ts'
import { dataFolder, isLoopback } from './settings.ts'

const SHOP = 'nord'

export interface RunningServer {
  /** Where it can be reached from this machine. */
  origin: string
  /** Whether whoever reaches it is signed in as the developer. */
  signsDeveloperIn: boolean
  /** Stops listening, lets running jobs finish, and closes everything. */
  close(): Promise<void>
}

/**
 * Starts everything in this process: the API, the shop's pages and a worker.
 *
 * @throws with a message for people where the port is taken, something cannot be opened, or others could
 *   reach it and nobody could sign in
 */
export async function createServer({ host, port }: { host: string; port: number }): Promise<RunningServer> {
  const signsDeveloperIn = await backbeat.expose({ host })
  const shop = openShopDatabase(join(dataFolder(), 'shop.db'))
  const app = new Hono()
  let origin = ''
  // The shop's pages have no sign-in of their own, so they are for this machine only.
  if (isLoopback(host))
    app.route(
      '/',
      shopPages(shop, () => origin),
    )
  app.all('*', (c) => backbeat.fetch(c.req.raw, c.env))

  const { server, address } = await listen(app, host, port)
  origin = `http://${host === '127.0.0.1' ? 'localhost' : host}:${address}`
  await backbeat.startWorker()
  return {
    origin,
    signsDeveloperIn,
    async close() {
      server.close()
      await backbeat.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      shop.close()
    },
  }
}

function shopPages(shop: ReturnType<typeof openShopDatabase>, origin: () => string) {
  return catalogPages({
    shop: SHOP,
    products: shop.products,
    origin,
    operatorsUrl: '/admin/background-tasks/',
    startImport: (name, url) => backbeat.enqueue(productImport, { shop: name, url }, { triggeredBy: 'manual:shop' }),
    findImport: (id) => findImport(id),
    async latestImport(name) {
      const client = await backbeat.open()
      const { entries } = await client.list({ taskType: productImport.name, tag: `shop=${name}` }, { limit: 1 })
      return entries[0] && findImport(entries[0].id)
    },
    async failedRows(id, limit) {
      const client = await backbeat.open()
      const { entries } = await client.items(id, { status: 'failed' }, { limit })
      return entries
    },
  })
}

async function findImport(id: string): Promise<Job | undefined> {
  const client = await backbeat.open()
  try {
    const job = await client.get(id)
    return job.taskType === productImport.name ? job : undefined
  } catch (error) {
    if (error instanceof UnknownJobError) return undefined
    throw error
  }
}

function listen(app: Hono, hostname: string, port: number): Promise<{ server: ServerType; address: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, ({ port: address }) => resolve({ server, address }))
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(
        taken
          ? new BackbeatError(
              'port_taken',
              `Port ${port} is in use. Stop what listens there, or set PORT to another one.`,
            )
          : error,
      )
    })
  })
}
