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
    moreTasks = 0,
  } = {}): Promise<ShopApp> {
    const gate = new Gate()
    const tasks = tasksOf(gate)
    const backbeat = createBackbeat({
      store: `sqlite:${join(folder, 'backbeat.db')}`,
      tasks: [...Object.values(tasks), ...furtherTasks(moreTasks)],
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

/** As many as a large application has. */
function furtherTasks(count: number) {
  return Array.from({ length: count }, (_, index) =>
    task({
      name: `further.task_${String(index).padStart(4, '0')}`,
      input: z.object({}),
      run: () => null,
    }),
  )
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
      notify: ['failed', 'stuck', 'completed_with_warnings'],
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
    stockCheck: task({
      name: 'catalog.stock_check',
      input: z.object({ url: z.string() }),
      run({ url }) {
        throw new FeedError(`The feed at ${url} answered 503`)
      },
    }),
    mirror: task({
      name: 'demo.mirror',
      description: 'Fails with what it is given.',
      input: z.object({ text: z.string() }),
      run({ text }) {
        throw new TypeError(text)
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
    priceChange: task({
      name: 'catalog.price_change',
      description: 'Changes the prices of a shop, at once or from a day on.',
      input: z.object({
        shop: z.string().min(2).max(40).describe('Its short name'),
        percent: z.number().min(-50).max(50),
        rounding: z.enum(['none', 'up', 'down']).default('none'),
        dryRun: z.boolean(),
        from: z.iso.date().optional(),
        products: z
          .array(
            z.object({
              sku: z.string().regex(/^[A-Z]+-\d+$/, 'is not a SKU such as SHOE-1'),
              floor: z.number().optional(),
            }),
          )
          .default([]),
        target: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('all') }),
          z.object({ kind: z.literal('category'), category: z.string(), deep: z.boolean().optional() }),
        ]),
        labels: z.record(z.string(), z.string()).optional(),
        extra: z.unknown().optional().describe('Handed on to the shop'),
      }),
      unique: { key: ({ shop }) => shop },
      concurrency: { limit: 2, key: ({ shop }) => shop },
      rate: { limit: 100, per: '1m' },
      limits: { soft: '30s', hard: '60s' },
      retry: { times: 3 },
      async run({ shop }, ctx) {
        ctx.log.info(`Changing prices of ${shop}`)
        await gate.pass(ctx.signal)
        return { changed: 3 }
      },
    }),
    charge: task({
      name: 'payments.charge_customer',
      input: z.object({ order: z.string(), fails: z.int(), pauses: z.boolean().default(false) }),
      unique: { key: ({ order }) => `customer-of-the-north:${order}` },
      retry: { on: [FeedError], times: 30, backoff: { first: '1ms', max: '1ms', jitter: false } },
      async run({ fails, pauses }, ctx) {
        if (pauses) await gate.pass(ctx.signal)
        if (ctx.job.attempt <= fails) throw new FeedError(`The gateway answered ${500 + ctx.job.attempt}`)
        return { paid: true }
      },
    }),
    chatter: task({
      name: 'demo.chatter',
      input: z.object({ lines: z.int() }),
      async run({ lines }, ctx) {
        for (let line = 1; line <= lines; line += 1) ctx.log.info(`Line ${line}`)
        await gate.pass(ctx.signal)
        ctx.log.warn('After the gate', { line: lines + 1 })
      },
    }),
    echo: task({ name: 'demo.echo', input: z.object({ text: z.string() }), run: ({ text }) => ({ text }) }),
    later: task({ name: 'mail.send_receipt', queue: 'mail', input: z.object({ order: z.int() }), run: () => null }),
  }
}
