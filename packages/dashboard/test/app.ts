import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { type Backbeat, createBackbeat, task } from 'backbeat'
import { z } from 'zod'

export const PASSWORD = 'a long enough password'

/** A shop with a server and a worker, whose tasks wait where a test wants to look. */
export class ShopApp {
  readonly backbeat: Backbeat
  readonly origin: string
  readonly gate: Gate
  readonly tasks: Tasks
  readonly #server: ServerType
  readonly #folder: string

  private constructor(parts: {
    backbeat: Backbeat
    origin: string
    gate: Gate
    tasks: Tasks
    server: ServerType
    folder: string
  }) {
    this.backbeat = parts.backbeat
    this.origin = parts.origin
    this.gate = parts.gate
    this.tasks = parts.tasks
    this.#server = parts.server
    this.#folder = parts.folder
  }

  /** @param port the one of an earlier start, to come back at the same address */
  static async start({
    port = 0,
    folder = mkdtempSync(join(tmpdir(), 'dashboard-app-')),
    basePath = '',
  } = {}): Promise<ShopApp> {
    const gate = new Gate()
    const tasks = tasksOf(gate)
    const backbeat = createBackbeat({
      store: `sqlite:${join(folder, 'backbeat.db')}`,
      tasks: Object.values(tasks),
      basePath,
      worker: { concurrency: 3, poll: '100ms', cancelGrace: '1s', shutdownGrace: '1s' },
      // Only the name of the machine in the address says whether its developer is signed in.
      authenticate: (request) =>
        new URL(request.url).hostname === '127.0.0.1' ? { name: 'ana', role: 'admin' } : null,
    })
    const { users } = await backbeat.openAccess()
    for (const [name, role] of Object.entries(PEOPLE)) {
      // Come back, it knows them already.
      await users.add({ name, role, password: PASSWORD }, OPERATOR).catch(() => {})
    }
    const { promise, resolve } = Promise.withResolvers<number>()
    const server = serve({ fetch: backbeat.fetch, hostname: '127.0.0.1', port }, (info) => resolve(info.port))
    const origin = `http://127.0.0.1:${await promise}`
    await backbeat.startWorker()
    return new ShopApp({ backbeat, origin, gate, tasks, server, folder })
  }

  /** Where nobody is known before they sign in. */
  get closedOrigin(): string {
    return this.origin.replace('127.0.0.1', 'localhost')
  }

  /** Of its database. */
  get file(): string {
    return join(this.#folder, 'backbeat.db')
  }

  /** Cuts what is open; whoever connects again is let in. */
  dropConnections(): void {
    if ('closeAllConnections' in this.#server) this.#server.closeAllConnections()
  }

  /** Stops answering and drops every connection, as a crash does. */
  async disconnect(): Promise<{ port: number; folder: string }> {
    const port = Number(new URL(this.origin).port)
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.dropConnections()
    await closed
    this.gate.open()
    await this.backbeat.close()
    return { port, folder: this.#folder }
  }

  async close(): Promise<void> {
    const { folder } = await this.disconnect()
    rmSync(folder, { recursive: true })
  }
}

/** Who may sign in, with {@link PASSWORD}. */
const PEOPLE = { vera: 'viewer', otto: 'operator', ada: 'admin' } as const

const OPERATOR = { name: 'cli:test', requestId: null, address: null }

/** Holds tasks until a test lets them go on. */
class Gate {
  #waiting: (() => void)[] = []
  #isOpen = false

  pass(signal: AbortSignal): Promise<void> {
    if (this.#isOpen) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  open(): void {
    this.#isOpen = true
    for (const goOn of this.#waiting.splice(0)) goOn()
  }

  shut(): void {
    this.#isOpen = false
  }
}

class FeedError extends Error {
  override readonly name = 'FeedError'
}

type Tasks = ReturnType<typeof tasksOf>

function tasksOf(gate: Gate) {
  return {
    productImport: task({
      name: 'catalog.product_import',
      description: 'Imports a feed of products.',
      input: z.object({ shop: z.string(), rows: z.int(), bad: z.array(z.int()).default([]) }),
      tags: ({ shop }) => [`shop=${shop}`],
      async run({ rows, bad, shop }, ctx) {
        ctx.log.info(`Reading the feed of ${shop}`, { rows })
        const numbers = Array.from({ length: rows }, (_, index) => index)
        const isRepair = ctx.job.retryScope === 'failed_items'
        const summary = await ctx.items(
          numbers,
          async (row) => {
            if (row === Math.floor(rows / 2) && !isRepair) await gate.pass(ctx.signal)
            if (bad.includes(row) && !isRepair) throw new FeedError(`Row ${row}: the price is missing`)
          },
          { key: (row) => `sku-${row}`, batch: 1 },
        )
        ctx.log.info('Done')
        return summary
      },
    }),
    feedCheck: task({
      name: 'catalog.feed_check',
      input: z.object({ url: z.string() }),
      run({ url }) {
        throw new FeedError(`The feed at ${url} answered 503`)
      },
    }),
    report: task({
      name: 'reports.generate',
      input: z.object({ month: z.string() }),
      async run({ month }, ctx) {
        ctx.progress(40, `Gathering ${month}`)
        await gate.pass(ctx.signal)
        return { pages: 12 }
      },
    }),
    echo: task({ name: 'demo.echo', input: z.object({ text: z.string() }), run: ({ text }) => ({ text }) }),
    later: task({ name: 'mail.send_receipt', queue: 'mail', input: z.object({ order: z.int() }), run: () => null }),
  }
}
