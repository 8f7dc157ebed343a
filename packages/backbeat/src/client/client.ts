import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock } from '../clock.ts'
import { AlreadyRunningError, UnknownJobError, UnknownWorkerError } from '../errors.ts'
import { EventHub } from '../events/hub.ts'
import type { Attempt, Item, Job, JobSummary, LogLine, RetryScope } from '../job/job.ts'
import { processSecret } from '../redaction/process-secret.ts'
import { hideSealed, Vault } from '../redaction/vault.ts'
import type {
  Count,
  ItemFilter,
  JobFilter,
  LogRequest,
  NewJob,
  Page,
  PageRequest,
  QueueChange,
  QueueState,
  Store,
  Transaction,
  WorkerOrders,
  WorkerRecord,
} from '../store/store.ts'
import type { AnyTask, Task, TaskResult } from '../task/define.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { actInBulk, type BulkRequest, type BulkResult, countForBulk } from './bulk.ts'
import { refuseCancel, refuseRetry } from './decisions.ts'
import type { HandOver } from './hand-over.ts'
import { InsertQueue } from './insert-queue.ts'
import { Insights } from './insights.ts'
import { checkedConcurrency, checkedQueue, checkedSlots, type EnqueueOptions, newJobOf, newJobsOf } from './new-job.ts'
import { type NumberedPage, numberedPage } from './numbered-page.ts'
import { retryOf } from './retried-job.ts'
import { waitUntilResting } from './wait.ts'

/** A job that was enqueued. */
export interface JobHandle {
  readonly id: string
  readonly taskType: string
  /** Its record as it is now. @throws UnknownJobError */
  get(): Promise<Job>
  /** Waits until the job rests, and returns its record. @throws the signal's reason when it aborts */
  outcome(options?: { signal?: AbortSignal }): Promise<Job>
  /** Asks that it be cancelled. @throws IllegalStateError when it is over already */
  cancel(reason?: string): Promise<void>
}

/** What an application enqueues, asks and changes jobs with. */
export class Client {
  /** Counts, charts, groups of errors, and why a job does not run. */
  readonly insights: Insights
  readonly #store: Store
  readonly #registry: TaskRegistry
  readonly #clock: Clock
  readonly #vault: Vault
  readonly #queue: InsertQueue
  /** Tells which jobs change; one for all of this client's callers. */
  readonly events: EventHub

  /** @param vault seals what is sensitive in inputs; by default for this process alone */
  constructor(store: Store, registry: TaskRegistry, clock: Clock, vault: Vault = new Vault(() => [processSecret()])) {
    this.events = new EventHub(store, clock)
    this.#vault = vault
    this.#store = store
    this.#registry = registry
    this.#clock = clock
    this.insights = new Insights(store, registry, clock)
    this.#queue = new InsertQueue(store)
  }

  /** From now on single jobs go straight to this worker of the same process where it has room; `null` for none. */
  handOverTo(worker: HandOver | null): void {
    this.#queue.handOverTo(worker)
  }

  /**
   * Stores a job for a worker to run.
   *
   * @throws InvalidInputError, AlreadyRunningError, and BackbeatError `invalid_option`,
   *   `input_too_large`; nothing is stored then
   */
  async enqueue<Schema extends StandardSchemaV1, Result extends TaskResult>(
    task: Task<Schema, Result>,
    input: StandardSchemaV1.InferInput<Schema>,
    options: EnqueueOptions = {},
  ): Promise<JobHandle> {
    // A task that this application does not know would never be run.
    const known = this.#registry.get(task.name)
    return this.#insert(known, await newJobOf(known, input, options, this.#clock, this.#vault), options.tx)
  }

  /**
   * Stores many jobs of one task in one transaction: all that are valid, or none. Where a unique
   * job of the same key is active, its handle is returned instead of a new one.
   *
   * @returns handles in the order of the inputs
   * @throws as {@link enqueue} does, but for AlreadyRunningError
   */
  async enqueueMany<Schema extends StandardSchemaV1, Result extends TaskResult>(
    task: Task<Schema, Result>,
    inputs: readonly StandardSchemaV1.InferInput<Schema>[],
    options: EnqueueOptions = {},
  ): Promise<JobHandle[]> {
    const known = this.#registry.get(task.name)
    const jobs = await newJobsOf(known, inputs, options, this.#clock, this.#vault)
    const insertions = await this.#store.insert(jobs, options.tx)
    return insertions.map((insertion) =>
      this.handle({ id: insertion.inserted ? insertion.id : insertion.activeJobId, taskType: known.name }),
    )
  }

  /**
   * As {@link enqueue}, for a task by its name.
   *
   * @param id a UUIDv7 for the job; by default a new one
   * @throws UnknownTaskError too
   */
  async enqueueByName(
    taskType: string,
    input: unknown,
    options: EnqueueOptions = {},
    id: string | undefined = undefined,
  ): Promise<JobHandle> {
    const task = this.#registry.get(taskType)
    return this.#insert(task, await newJobOf(task, input, options, this.#clock, this.#vault, id), options.tx)
  }

  /** The record, without what is sealed in its input. @throws UnknownJobError */
  async get(id: string): Promise<Job> {
    return shown(await this.#find(id))
  }

  /**
   * Stores a new job that does the work of this one again, or only that of its failed items. The
   * old job stays as it is.
   *
   * @param by who asked
   * @throws UnknownJobError, AlreadyRunningError, and IllegalStateError where the job's state does
   *   not allow it
   */
  async retry(id: string, by: string, scope: RetryScope = 'all'): Promise<JobHandle> {
    const job = await this.#find(id)
    const refusal = refuseRetry(job, scope)
    if (refusal) throw refusal
    const task = this.#registry.get(job.taskType)
    return this.#insert(task, await retryOf(job, task, by, scope, this.#vault))
  }

  /**
   * Cancels a waiting job, or asks the worker of a running one to stop it.
   *
   * @throws UnknownJobError, and IllegalStateError when it is over already
   */
  async cancel(id: string, reason: string): Promise<Job> {
    const cancellation = await this.#store.requestCancel(id, reason)
    const job = await this.get(id)
    if (cancellation === 'resting') throw refuseCancel(job)
    return job
  }

  /**
   * Retries or cancels many jobs, a bounded number in each call; see {@link BulkRequest}. Doing it
   * twice does nothing twice.
   */
  bulk(request: BulkRequest): Promise<BulkResult> {
    return actInBulk(this.#store, this, request)
  }

  /** How many jobs {@link bulk} would do something to, up to ten thousand. */
  countForBulk(request: BulkRequest): Promise<Count> {
    return countForBulk(this.#store, request)
  }

  /**
   * A numbered page of jobs that fit the filter, newest first, for who cannot use a cursor. A page
   * past the end is the last one. The total is exact up to ten thousand, and beyond it known to be
   * at least what was counted.
   *
   * @param number from 1
   */
  page(filter: JobFilter, number: number, perPage: number): Promise<NumberedPage> {
    return numberedPage(this.#store, filter, number, perPage)
  }

  /** Jobs that fit the filter, newest first; at most 50 unless `limit` says otherwise. */
  list(filter: JobFilter = {}, page: Partial<PageRequest> = {}): Promise<Page<JobSummary>> {
    return this.#store.list(filter, { limit: 50, ...page })
  }

  /** The job's items in the order of their source, 50 unless `limit` says otherwise. @throws UnknownJobError */
  async items(id: string, filter: ItemFilter = {}, page: Partial<PageRequest> = {}): Promise<Page<Item>> {
    await this.get(id)
    return this.#store.items(id, filter, { limit: 50, ...page })
  }

  /** What the job's task wrote with `ctx.log`, 50 lines unless `limit` says otherwise. @throws UnknownJobError */
  async logs(id: string, request: Partial<LogRequest> = {}): Promise<Page<LogLine>> {
    await this.get(id)
    return this.#store.logs(id, { limit: 50, ...request })
  }

  /** The job's attempts, oldest first. @throws UnknownJobError */
  async attempts(id: string): Promise<Attempt[]> {
    await this.get(id)
    return this.#store.attempts(id)
  }

  /** Every queue that has active jobs or settings, by name. */
  queues(): Promise<QueueState[]> {
    return this.#store.queues()
  }

  /** No job of the queue is started any more, until it is opened again. Those that run go on. */
  async pauseQueue(name: string): Promise<void> {
    await this.#store.changeQueue(checkedQueue(name), { paused: true })
  }

  /** The queue's waiting jobs are started, but none that is enqueued from now on, until it is opened again. */
  async drainQueue(name: string): Promise<void> {
    await this.#store.changeQueue(checkedQueue(name), { draining: true })
  }

  /** Ends a pause and a drain. */
  async openQueue(name: string): Promise<void> {
    await this.#store.changeQueue(checkedQueue(name), { paused: false, draining: false })
  }

  /**
   * How many jobs of the queue run at the same time, across all workers; `null` for any number.
   *
   * @throws BackbeatError `invalid_option` where it is not a whole number of at least 1
   */
  async limitQueue(name: string, concurrency: number | null): Promise<void> {
    await this.#store.changeQueue(checkedQueue(name), { concurrency: checkedConcurrency(concurrency) })
  }

  /** Several changes to a queue at once; what is absent stays. @throws BackbeatError `invalid_option` */
  async changeQueue(name: string, change: QueueChange): Promise<void> {
    if (change.concurrency !== undefined) checkedConcurrency(change.concurrency)
    await this.#store.changeQueue(checkedQueue(name), change)
  }

  /** Every worker that has not left, by name; those that vanished are forgotten after a day. */
  workers(): Promise<WorkerRecord[]> {
    return this.#store.workers()
  }

  /** The worker takes no job any more, and finishes those that it has, until it is resumed. @throws UnknownWorkerError */
  quietWorker(name: string): Promise<void> {
    return this.#order(name, { state: 'quiet' })
  }

  /** Ends a worker's quiet. @throws UnknownWorkerError */
  resumeWorker(name: string): Promise<void> {
    return this.#order(name, { state: 'running' })
  }

  /** The worker finishes what it can within its grace period, gives the rest back, and leaves. @throws UnknownWorkerError */
  stopWorker(name: string): Promise<void> {
    return this.#order(name, { state: 'stopping' })
  }

  /**
   * How many jobs the worker runs at the same time; `null` for what it was started with.
   *
   * @throws UnknownWorkerError, and BackbeatError `invalid_option` where it is not a whole number from 1 to 10,000
   */
  async resizeWorker(name: string, slots: number | null): Promise<void> {
    await this.#order(name, { slots: checkedSlots(slots) })
  }

  handle({ id, taskType }: { id: string; taskType: string }): JobHandle {
    return {
      id,
      taskType,
      get: () => this.get(id),
      outcome: async ({ signal } = {}) => shown(await waitUntilResting(this.#store, this.events, id, signal)),
      cancel: async (reason = 'Cancelled by the application') => {
        await this.cancel(id, reason)
      },
    }
  }

  async #order(name: string, orders: Partial<WorkerOrders>): Promise<void> {
    if (!(await this.#store.orderWorker(name, orders))) throw new UnknownWorkerError(name)
  }

  async #find(id: string): Promise<Job> {
    const job = await this.#store.get(id)
    if (!job) throw new UnknownJobError(id)
    return job
  }

  async #insert(task: AnyTask, job: NewJob, transaction?: Transaction): Promise<JobHandle> {
    const insertion = transaction ? (await this.#store.insert([job], transaction))[0] : await this.#queue.insert(job)
    if (!insertion || insertion.inserted) return this.handle(job)
    const isRetry = job.retriedFromId !== null
    if (task.unique?.onConflict === 'return' && !isRetry) {
      return this.handle({ id: insertion.activeJobId, taskType: task.name })
    }
    throw new AlreadyRunningError(task.name, insertion.activeJobId)
  }
}

function shown(job: Job): Job {
  const input = hideSealed(job.input)
  return input === job.input ? job : { ...job, input }
}
