import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const TOKEN = 'a-token-for-tests'

export interface JobRecord {
  id: string
  status: string
  total_items: number
  processed_items: number
  successful_items: number
  failed_items: number
  [field: string]: unknown
}

/** The marketplace in a process of its own, as `npm start` runs it, reached over HTTP only. */
export class MarketplaceProcess {
  readonly origin: string
  /** What it printed at the start. */
  readonly welcome: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, origin: string, welcome: string) {
    this.#child = child
    this.origin = origin
    this.welcome = welcome
  }

  /** @param env settings, such as `MARKETPLACE_DATA` */
  static async start(env: Record<string, string>): Promise<MarketplaceProcess> {
    const child = spawn(
      process.execPath,
      ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning', MAIN],
      {
        env: { ...process.env, PORT: '0', LOG_LEVEL: 'warn', BACKBEAT_ADMIN_TOKEN: TOKEN, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const { promise, resolve, reject } = Promise.withResolvers<MarketplaceProcess>()
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += chunk
      const origin = /is at (http:\S+)/.exec(printed)?.[1]
      if (origin && printed.includes('<status_url>')) resolve(new MarketplaceProcess(child, origin, printed))
    })
    child.once('exit', () => reject(new Error(`The marketplace did not start: ${printed}`)))
    return promise
  }

  async request(path: string, init: { method?: string; body?: unknown } = {}) {
    const response = await fetch(new URL(path, this.origin), {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    }
  }

  async import(input: Record<string, unknown>): Promise<string> {
    const { status, body } = await this.request('/api/v1/catalog/product-import', { method: 'POST', body: input })
    if (status !== 202) throw new Error(`The import was refused: ${JSON.stringify(body)}`)
    return body.status_url as string
  }

  /** Asks again and again until the job is as wanted; by default, until it rests. */
  async until(
    statusUrl: string,
    holds: (job: JobRecord) => boolean = ({ status }) => !['pending', 'running', 'retrying'].includes(status),
  ): Promise<JobRecord> {
    for (;;) {
      const { body } = await this.request(statusUrl)
      const job = body as unknown as JobRecord
      if (holds(job)) return job
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await exited
    return code
  }
}
