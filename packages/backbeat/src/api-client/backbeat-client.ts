import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isResting } from '../job/states.ts'
import type { AnyTask } from '../task/define.ts'
import { AccessClient } from './access-client.ts'
import { type FollowOptions, followJobs } from './followed-jobs.ts'
import { NotificationsClient } from './notifications-client.ts'
import { pause } from './pause.ts'
import { type ClientOptions, type RequestOptions, Requests } from './requests.ts'
import type * as api from './types.ts'

const JOBS = '/api/v1/admin/background-tasks'
const POLL_MS = 1000

export interface TriggerOptions extends RequestOptions {
  /** Sent again with the same key, the request starts nothing a second time. */
  idempotencyKey?: string
  /** Default: the task's. */
  queue?: string
  /** Higher runs first, from -1000 to 1000. Default: the task's. */
  priority?: number
  /** Not before so long from now, such as `10m`. Default: now. */
  delay?: string
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
  /** Signing in, users, tokens and the audit log. */
  readonly access: AccessClient
  /** What one is told of jobs that failed or got stuck. */
  readonly notifications: NotificationsClient

  constructor(options: ClientOptions) {
    this.#requests = new Requests(options)
    this.access = new AccessClient(this.#requests)
    this.notifications = new NotificationsClient(this.#requests)
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
    { signal, idempotencyKey, queue, priority, delay }: TriggerOptions = {},
  ): Promise<api.Accepted> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    return this.#requests.post(`/api/v1/${task.split('.').map(encodeURIComponent).join('/')}`, {
      body: input,
      headers,
      query: { queue, priority, delay },
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

  /**
   * Follows jobs as they change: one job until it rests, or all that a filter finds for as long as you
   * iterate. A connection that is lost is made anew and goes on where it was, so that no outcome is
   * missed; an event may come twice.
   *
   * @param target a job's id, or what to filter by. Default: every job that one may see
   * @throws BackbeatApiError where the server refuses, what `fetch` throws where the first connection
   * fails, and the signal's reason when it aborts
   * @example
   * for await (const event of client.events({ task_type: 'catalog.product_import' }, { signal })) {
   *   if (event.type === 'ready' || event.type === 'reset') await loadList()
   *   if (event.type === 'job') show(event.job)
   *   if (event.type === 'left') remove(event.job.id)
   * }
   */
  async *events(target: string | api.EventQuery = {}, options: FollowOptions = {}): AsyncGenerator<api.JobEvent, void> {
    if (typeof target !== 'string') {
      yield* followJobs(this.#requests, `${JOBS}/events`, target, options)
      return
    }
    for await (const event of followJobs(this.#requests, `${jobPath(target)}/events`, {}, options)) {
      yield event
      if (event.type === 'job' && isResting(event.job.status)) return
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
    yield* this.#requests.all<api.JobSummary>(JOBS, query, options)
  }

  items(id: string, query: api.ItemQuery = {}, options?: RequestOptions): AsyncGenerator<api.Item, void> {
    return this.#requests.all(`${jobPath(id)}/items`, query, options)
  }

  logs(id: string, query: api.LogQuery = {}, options?: RequestOptions): AsyncGenerator<api.LogLine, void> {
    return this.#requests.all(`${jobPath(id)}/logs`, query, options)
  }

  /** One page of a job's log. */
  logPage(id: string, query: api.LogQuery = {}, options?: RequestOptions): Promise<api.LogPage> {
    return this.#requests.get(`${jobPath(id)}/logs`, { query, ...options })
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
    return this.#requests.all(`${JOBS}/running`, {}, options)
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

  /** Whether the database answers, and how quickly. */
  health(options?: RequestOptions): Promise<api.Health> {
    return this.#requests.get(`${JOBS}/health`, { ...options })
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
