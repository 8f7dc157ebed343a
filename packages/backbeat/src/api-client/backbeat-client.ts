import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isResting } from '../job/states.ts'
import type { AnyTask } from '../task/define.ts'
import { type ClientOptions, type RequestOptions, Requests } from './requests.ts'
import type * as api from './types.ts'

const JOBS = '/api/v1/admin/background-tasks'
const SESSION = '/api/v1/admin/session'
const POLL_MS = 1000

export interface TriggerOptions extends RequestOptions {
  /** Sent again with the same key, the request starts nothing a second time. */
  idempotencyKey?: string
}

export interface WaitOptions extends RequestOptions {
  /** How long to wait between two looks, in milliseconds. Default: 1000. */
  pollMs?: number
  /** Told after each look. */
  onChange?: (job: api.JobDetail) => void
}

/** Everything that the HTTP API offers, over `fetch`; see {@link createBackbeatClient}. */
export class BackbeatClient {
  readonly #requests: Requests

  constructor(options: ClientOptions) {
    this.#requests = new Requests(options)
  }

  /**
   * Asks for a job of a task.
   *
   * @example
   * import type { productImport } from './modules/catalog/tasks.ts'
   * await client.trigger<typeof productImport>('catalog.product_import', { shop: 'nord', url })
   */
  trigger<T extends AnyTask = AnyTask>(
    task: string,
    input: StandardSchemaV1.InferInput<T['input']>,
    { signal, idempotencyKey }: TriggerOptions = {},
  ): Promise<api.Accepted> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    return this.#requests.post(`/api/v1/${task.split('.').map(encodeURIComponent).join('/')}`, {
      body: input,
      headers,
      ...(signal && { signal }),
    })
  }

  job(id: string, options?: RequestOptions): Promise<api.JobDetail> {
    return this.#requests.get(jobPath(id), { ...options })
  }

  /**
   * Looks at a job until it rests, and returns it.
   *
   * @throws the signal's reason when it aborts, and BackbeatApiError
   */
  async waitFor(id: string, { pollMs = POLL_MS, onChange, signal }: WaitOptions = {}): Promise<api.JobDetail> {
    for (;;) {
      const job = await this.job(id, signal ? { signal } : {})
      onChange?.(job)
      if (isResting(job.status)) return job
      await pause(pollMs, signal)
    }
  }

  /** One page of jobs, newest first. */
  page(query: api.JobQuery = {}, options?: RequestOptions): Promise<api.JobPage> {
    return this.#requests.get(JOBS, { query, ...options })
  }

  /**
   * Every job that matches, newest first, read page by page as it is needed.
   *
   * @example
   * for await (const job of client.list({ status: 'failed', from: yesterday })) console.log(job.error_message)
   */
  async *list(query: Omit<api.JobQuery, 'page' | 'per_page'> = {}, options?: RequestOptions) {
    yield* this.#all<api.JobSummary>(JOBS, query, options)
  }

  items(id: string, query: api.ItemQuery = {}, options?: RequestOptions): AsyncGenerator<api.Item, void> {
    return this.#all(`${jobPath(id)}/items`, query, options)
  }

  logs(id: string, options?: RequestOptions): AsyncGenerator<api.LogLine, void> {
    return this.#all(`${jobPath(id)}/logs`, {}, options)
  }

  async attempts(id: string, options?: RequestOptions): Promise<api.Attempt[]> {
    return (await this.#requests.get<{ items: api.Attempt[] }>(`${jobPath(id)}/attempts`, { ...options })).items
  }

  /** Why the job does not run, or where it does, or how it ended. */
  explain(id: string, options?: RequestOptions): Promise<api.Explanation> {
    return this.#requests.get(`${jobPath(id)}/explain`, { ...options })
  }

  retry(id: string, options?: RequestOptions): Promise<api.RetryAccepted> {
    return this.#requests.post(`${jobPath(id)}/retry`, { ...options })
  }

  retryFailedItems(id: string, options?: RequestOptions): Promise<api.RetryAccepted> {
    return this.#requests.post(`${jobPath(id)}/retry-failed-items`, { ...options })
  }

  cancel(id: string, reason?: string, options?: RequestOptions): Promise<api.Job> {
    return this.#requests.post(`${jobPath(id)}/cancel`, { body: reason === undefined ? {} : { reason }, ...options })
  }

  /** One part of a bulk action, or with `dry_run` its count. */
  bulk(request: api.BulkRequest, options?: RequestOptions): Promise<api.BulkResult> {
    return this.#requests.post(`${JOBS}/bulk`, { body: request, ...options })
  }

  /**
   * A whole bulk action, part by part, so that progress can be shown; stop iterating to abort it.
   *
   * @example
   * for await (const { done } of client.bulkParts({ action: 'retry', filter: { status: 'failed' } })) count += done.length
   */
  async *bulkParts(request: api.BulkRequest, options?: RequestOptions): AsyncGenerator<api.BulkResult, void> {
    for (let cursor = request.cursor; ; ) {
      const part = await this.bulk({ ...request, ...(cursor !== undefined && { cursor }) }, options)
      yield part
      if (part.next_cursor === null) return
      cursor = part.next_cursor
    }
  }

  running(options?: RequestOptions): AsyncGenerator<api.JobSummary, void> {
    return this.#all(`${JOBS}/running`, {}, options)
  }

  stats(query: api.StatsQuery = {}, options?: RequestOptions): Promise<api.Stats> {
    return this.#requests.get(`${JOBS}/stats`, { query, ...options })
  }

  errors(query: api.ErrorQuery = {}, options?: RequestOptions): Promise<api.ErrorGroups> {
    return this.#requests.get(`${JOBS}/errors`, { query, ...options })
  }

  async tasks(options?: RequestOptions): Promise<api.Task[]> {
    return (await this.#requests.get<{ items: api.Task[] }>(`${JOBS}/tasks`, { ...options })).items
  }

  settings(options?: RequestOptions): Promise<api.Settings> {
    return this.#requests.get(`${JOBS}/settings`, { ...options })
  }

  async queues(options?: RequestOptions): Promise<api.Queue[]> {
    return (await this.#requests.get<{ items: api.Queue[] }>(`${JOBS}/queues`, { ...options })).items
  }

  changeQueue(name: string, change: api.QueueChange, options?: RequestOptions): Promise<api.Queue> {
    return this.#requests.send('PATCH', `${JOBS}/queues/${encodeURIComponent(name)}`, { body: change, ...options })
  }

  pauseQueue(name: string, options?: RequestOptions): Promise<api.Queue> {
    return this.#requests.post(`${JOBS}/queues/${encodeURIComponent(name)}/pause`, { ...options })
  }

  drainQueue(name: string, options?: RequestOptions): Promise<api.Queue> {
    return this.#requests.post(`${JOBS}/queues/${encodeURIComponent(name)}/drain`, { ...options })
  }

  resumeQueue(name: string, options?: RequestOptions): Promise<api.Queue> {
    return this.#requests.post(`${JOBS}/queues/${encodeURIComponent(name)}/resume`, { ...options })
  }

  workers(options?: RequestOptions): Promise<api.Workers> {
    return this.#requests.get(`${JOBS}/workers`, { ...options })
  }

  quietWorker(name: string, options?: RequestOptions): Promise<api.Worker> {
    return this.#requests.post(`${JOBS}/workers/${encodeURIComponent(name)}/quiet`, { ...options })
  }

  resumeWorker(name: string, options?: RequestOptions): Promise<api.Worker> {
    return this.#requests.post(`${JOBS}/workers/${encodeURIComponent(name)}/resume`, { ...options })
  }

  stopWorker(name: string, options?: RequestOptions): Promise<api.Worker> {
    return this.#requests.post(`${JOBS}/workers/${encodeURIComponent(name)}/stop`, { ...options })
  }

  /** @param slots `null` for what the worker was started with */
  resizeWorker(name: string, slots: number | null, options?: RequestOptions): Promise<api.Worker> {
    return this.#requests.post(`${JOBS}/workers/${encodeURIComponent(name)}/resize`, { body: { slots }, ...options })
  }

  /** Who this client is, and what they may do. */
  session(options?: RequestOptions): Promise<api.Session> {
    return this.#requests.get(SESSION, { ...options })
  }

  /** Signs in; a browser keeps the session's cookie and sends it from then on. */
  signIn(credentials: api.Credentials, options?: RequestOptions): Promise<api.Session> {
    return this.#requests.post(SESSION, { body: credentials, ...options })
  }

  signOut(options?: RequestOptions): Promise<void> {
    return this.#requests.send('DELETE', SESSION, { ...options })
  }

  async *#all<Entry>(path: string, query: Record<string, unknown>, options?: RequestOptions) {
    for (let cursor = query.cursor; ; ) {
      const page: { items: Entry[]; next_cursor: string | null } = await this.#requests.get(path, {
        query: { ...query, cursor },
        ...options,
      })
      yield* page.items
      if (page.next_cursor === null) return
      cursor = page.next_cursor
    }
  }
}

/**
 * A client of the HTTP API, for scripts, browsers and React alike.
 *
 * @example
 * const client = createBackbeatClient({ baseUrl: 'https://shop.example', token: process.env.BACKBEAT_TOKEN })
 * const { job_id } = await client.trigger('catalog.product_import', { shop: 'nord', url })
 * const job = await client.waitFor(job_id)
 */
export function createBackbeatClient(options: ClientOptions = {}): BackbeatClient {
  return new BackbeatClient(options)
}

function jobPath(id: string): string {
  return `${JOBS}/${encodeURIComponent(id)}`
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
