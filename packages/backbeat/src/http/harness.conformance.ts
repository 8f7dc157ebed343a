import { pino } from 'pino'
import { z } from 'zod'
import { PasswordHasher } from '../auth/password.ts'
import { Client } from '../client/client.ts'
import type { Lease } from '../job/assignment.ts'
import { notificationOf } from '../job/notification.ts'
import type { Outcome } from '../job/outcome.ts'
import { transition } from '../job/transition.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { ClaimedJob, Store } from '../store/store.ts'
import { type AnyTask, task } from '../task/define.ts'
import { TaskRegistry } from '../task/registry.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { createHttpApp, type HttpAppParts } from './app.ts'

export const TOKEN = 'a-token-for-tests'
const ORIGIN = 'http://backbeat.test'
/** What a password's hash costs in tests: next to nothing. */
const CHEAP = { ln: 4, r: 1, p: 1 }
export const JOBS = '/api/v1/admin/background-tasks'
export const NO_JOB = '019c0000-0000-7000-8000-000000000000'

export const productImport = task({
  name: 'catalog.product_import',
  input: z.object({
    shop: z.string(),
    rows: z.array(z.object({ sku: z.string(), price: z.number() })).default([]),
  }),
  queue: 'long_running',
  unique: { key: ({ shop }) => shop },
  run: () => undefined,
})

/** Takes any JSON. */
export const echo = task({ name: 'demo.echo', input: z.unknown(), run: () => undefined })

export const flaky = task({ name: 'payments.process', input: z.object({}), retry: { times: 2 }, run: () => undefined })

type JsonRecord = Record<string, unknown>

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any
}

export interface Sent {
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  body?: string | Uint8Array | ReadableStream
  headers?: Record<string, string>
  /** Default: the right one; `null` for none. */
  token?: string | null
  /** Where it comes from. */
  address?: string
  /** Default: `http://backbeat.test`. */
  origin?: string
}

/** The HTTP app over a real client and an empty store in memory, with the time standing still. */
export class HttpHarness {
  readonly clock = new ManualClock()
  readonly store: Store
  readonly registry = new TaskRegistry()
  readonly client: Client
  readonly logged: JsonRecord[] = []
  readonly #app: ReturnType<typeof createHttpApp>

  constructor({ store, ...parts }: Partial<HttpAppParts> = {}, tasks: AnyTask[] = [productImport, echo, flaky]) {
    this.store = store ?? openSqliteStore('sqlite::memory:', { clock: this.clock })
    this.client = new Client(this.store, this.registry, this.clock)
    for (const one of tasks) this.registry.add(one, 'tasks.ts')
    this.#app = createHttpApp({
      client: this.client,
      store: this.store,
      registry: this.registry,
      adminToken: TOKEN,
      hasher: new PasswordHasher(CHEAP),
      clock: this.clock,
      logger: pino({}, { write: (line) => void this.logged.push(JSON.parse(line)) }),
      ...parts,
    })
  }

  send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return this.fetch(requestOf(method, path, sent), { address: sent.address })
  }

  async fetch(request: Request, env?: object): Promise<Answer> {
    const response = await this.#app.fetch(request, env)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }

  /** As {@link send}, and answers before the body has ended. */
  open(method: string, path: string, sent: Sent = {}): Promise<Response> {
    return this.respond(requestOf(method, path, sent))
  }

  /** As the app answers it; its body may never end. */
  async respond(request: Request): Promise<Response> {
    return this.#app.fetch(request)
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  post(path: string, sent: Sent = {}): Promise<Answer> {
    return this.send('POST', path, sent)
  }

  /** Sends a text as the body of a trigger. */
  trigger(path: string, body: string): Promise<Answer> {
    return this.post(`/api/v1/${path}`, { body, headers: { 'content-type': 'application/json' } })
  }

  /** Stores a job and answers its id. */
  async enqueue(one: AnyTask = echo, input: unknown = {}, tags: string[] = []): Promise<string> {
    return (await this.client.enqueueByName(one.name, input, { tags })).id
  }

  /** Stores a job and claims it. */
  async start(one: AnyTask = echo, input: unknown = {}): Promise<ClaimedJob> {
    const id = await this.enqueue(one, input)
    const { jobs } = await this.store.claim({ worker: 'worker-1', limit: 100, queues: null, leaseMs: 15_000 })
    const job = jobs.find(({ jobId }) => jobId === id)
    if (!job) throw new Error(`${id} was not claimed`)
    return job
  }

  /** Ends a claimed job's attempt as a worker would. */
  async end(job: ClaimedJob, outcome: Outcome, failedItems = 0): Promise<void> {
    const now = this.clock.now()
    const { backoff } = this.registry.get(job.taskType).retry
    const changes = transition({ ...job, failedItems, cancelRequested: null }, outcome, backoff, now, 0)
    const notification = notificationOf(changes, this.registry.notifyOn(job.taskType))
    const [settled] = await this.store.settle([{ lease: leaseOf(job), changes, knewOfCancel: false, notification }])
    if (settled?.kind !== 'written') throw new Error(`not settled: ${settled?.kind}`)
  }

  /** A job that failed. */
  async failed(one: AnyTask = echo, input: unknown = {}): Promise<string> {
    const job = await this.start(one, input)
    await this.end(job, this.failure('no such feed'))
    return job.jobId
  }

  async completed(one: AnyTask = echo, input: unknown = {}): Promise<string> {
    const job = await this.start(one, input)
    await this.end(job, { kind: 'success', result: { rows: 3 }, warnings: [] })
    return job.jobId
  }

  /** A job that completed although one of its two items failed. */
  async partlyFailed(one: AnyTask = echo, input: unknown = {}): Promise<string> {
    const job = await this.start(one, input)
    const at = this.clock.now()
    await this.store.recordItems(leaseOf(job), {
      outcomes: [
        { key: 'sku-1', position: 0, attempts: 1 },
        { key: 'sku-2', position: 1, attempts: 2, error: { type: 'TypeError', message: 'no price', at } },
      ],
      counts: { total: 2, processed: 2, successful: 1, failed: 1 },
      message: 'batch 1 of 1',
    })
    await this.end(job, { kind: 'success', result: null, warnings: ['1 row without a price'] }, 1)
    return job.jobId
  }

  failure(message: string, transient = false): Outcome {
    const at = this.clock.now()
    return {
      kind: 'failure',
      error: { type: 'FeedError', message, code: 'no_feed', traceback: 'at feed', at },
      transient,
    }
  }

  /** How many jobs are stored. */
  async stored(): Promise<number> {
    return (await this.store.list({}, { limit: 200 })).entries.length
  }
}

function requestOf(
  method: string,
  path: string,
  { json, body, headers, token = TOKEN, origin = ORIGIN }: Sent,
): Request {
  return new Request(`${origin}${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(body !== undefined && { body, duplex: 'half' }),
  } as RequestInit)
}

export function leaseOf({ jobId, delivery }: ClaimedJob): Lease {
  return { jobId, delivery }
}

export async function openHttp(parts?: Partial<HttpAppParts>, tasks?: AnyTask[]): Promise<HttpHarness> {
  const http = new HttpHarness(parts, tasks)
  await http.store.migrate()
  return http
}
