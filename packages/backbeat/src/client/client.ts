import type { StandardSchemaV1 } from '@standard-schema/spec'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'
import { AlreadyRunningError, BackbeatError, InvalidInputError, UnknownJobError } from '../errors.ts'
import type { Attempt, Item, Job, JobSummary, LogLine, RetryScope } from '../job/job.ts'
import { findJsonIssue, type Json } from '../json.ts'
import type { ItemFilter, JobFilter, NewJob, Page, PageRequest, Store } from '../store/store.ts'
import type { AnyTask, Task, TaskResult } from '../task/define.ts'
import { parseInput } from '../task/input.ts'
import type { TaskRegistry } from '../task/registry.ts'
import { refuseCancel, refuseRetry } from './decisions.ts'
import { waitUntilResting } from './wait.ts'

/** A larger input belongs in a file or a table, with a reference to it in the input. */
export const MAX_INPUT_BYTES = 1024 * 1024
const MAX_RUN_AT = Date.UTC(9999, 11, 31)
const MAX_TAGS = 20
const MAX_TAG_LENGTH = 200

export interface EnqueueOptions {
  /** Who asked: `manual:<user>`, `api:<token>` and the like. Default: `app`. */
  triggeredBy?: string
  /** Default: the task's. */
  queue?: string
  /** Higher runs first, from -1000 to 1000. Default: the task's. */
  priority?: number
  /** Not before this time. */
  runAt?: Date
  /** Not before this long from now. */
  delay?: Duration
  /** Up to 20 words to find the job by, such as `shop=nord`. */
  tags?: readonly string[]
}

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
  readonly #store: Store
  readonly #registry: TaskRegistry
  readonly #clock: Clock

  constructor(store: Store, registry: TaskRegistry, clock: Clock) {
    this.#store = store
    this.#registry = registry
    this.#clock = clock
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
    return this.#insert(known, await this.#newJob(known, input, options))
  }

  /** As {@link enqueue}, for a task by its name. @throws UnknownTaskError too */
  async enqueueByName(taskType: string, input: unknown, options: EnqueueOptions = {}): Promise<JobHandle> {
    const task = this.#registry.get(taskType)
    return this.#insert(task, await this.#newJob(task, input, options))
  }

  /** @throws UnknownJobError */
  async get(id: string): Promise<Job> {
    const job = await this.#store.get(id)
    if (!job) throw new UnknownJobError(id)
    return job
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
    const job = await this.get(id)
    const refusal = refuseRetry(job, scope)
    if (refusal) throw refusal
    const task = this.#registry.get(job.taskType)
    return this.#insert(task, {
      id: uuidv7(),
      taskType: job.taskType,
      queue: job.queue,
      priority: job.priority,
      input: job.input,
      triggeredBy: `retry:${by}`,
      tags: job.tags,
      runAt: null,
      maxAttempts: task.retry.maxAttempts,
      maxRedeliveries: task.maxRedeliveries,
      uniqueKey: job.uniqueKey,
      retriedFromId: job.id,
      retryScope: scope,
      totalItems: scope === 'failed_items' ? job.items.failed : 0,
    })
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

  /** Jobs that fit the filter, newest first; at most 50 unless `limit` says otherwise. */
  list(filter: JobFilter = {}, page: Partial<PageRequest> = {}): Promise<Page<JobSummary>> {
    return this.#store.list(filter, { limit: 50, ...page })
  }

  /** The job's items in the order of their source, 50 unless `limit` says otherwise. @throws UnknownJobError */
  async items(id: string, filter: ItemFilter = {}, page: Partial<PageRequest> = {}): Promise<Page<Item>> {
    await this.get(id)
    return this.#store.items(id, filter, { limit: 50, ...page })
  }

  /** What the job's task wrote with `ctx.log`, oldest first, 50 lines unless `limit` says otherwise. @throws UnknownJobError */
  async logs(id: string, page: Partial<PageRequest> = {}): Promise<Page<LogLine>> {
    await this.get(id)
    return this.#store.logs(id, { limit: 50, ...page })
  }

  /** The job's attempts, oldest first. @throws UnknownJobError */
  async attempts(id: string): Promise<Attempt[]> {
    await this.get(id)
    return this.#store.attempts(id)
  }

  handle({ id, taskType }: { id: string; taskType: string }): JobHandle {
    return {
      id,
      taskType,
      get: () => this.get(id),
      outcome: ({ signal } = {}) => waitUntilResting(this.#store, id, this.#clock, signal),
      cancel: async (reason = 'Cancelled by the application') => {
        await this.cancel(id, reason)
      },
    }
  }

  async #insert(task: AnyTask, job: NewJob): Promise<JobHandle> {
    const [insertion] = await this.#store.insert([job])
    if (insertion && !insertion.inserted) throw new AlreadyRunningError(task.name, insertion.activeJobId)
    return this.handle(job)
  }

  async #newJob(task: AnyTask, input: unknown, options: EnqueueOptions): Promise<NewJob> {
    const stored = storableInput(task, input)
    const parsed = await parseInput(task, stored)
    return {
      id: uuidv7(),
      taskType: task.name,
      queue: checkedText('queue', options.queue ?? task.queue, 100),
      priority: checkedPriority(options.priority ?? task.priority),
      input: stored,
      triggeredBy: checkedText('triggeredBy', options.triggeredBy ?? 'app', 200),
      tags: checkedTags([...task.tagsOf(parsed), ...(options.tags ?? [])]),
      runAt: this.#runAt(options),
      maxAttempts: task.retry.maxAttempts,
      maxRedeliveries: task.maxRedeliveries,
      uniqueKey: checkedUniqueKey(task, parsed),
      retriedFromId: null,
      retryScope: 'all',
      totalItems: 0,
    }
  }

  #runAt({ runAt, delay }: EnqueueOptions): number | null {
    if (delay === undefined && runAt === undefined) return null
    const at = delay === undefined ? (runAt?.getTime() ?? Number.NaN) : this.#clock.now() + toMs(delay, 'delay')
    if (Number.isNaN(at)) throw invalidOption('runAt is not a valid date')
    if (at > MAX_RUN_AT) throw invalidOption('it would run after the year 9999')
    return at
  }
}

/** The input as it is stored: plain JSON that nothing the caller does later can change. */
function storableInput(task: AnyTask, input: unknown): Json {
  const issue = input === undefined ? undefined : findJsonIssue(input)
  if (issue) throw new InvalidInputError(task.name, [issue])
  const text = JSON.stringify(input) ?? 'null'
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_INPUT_BYTES) {
    throw new BackbeatError(
      'input_too_large',
      `The input of ${task.name} is ${bytes} bytes long, and at most ${MAX_INPUT_BYTES} are stored. Put it in a file or a table and pass a reference to it.`,
      { status: 413 },
    )
  }
  return JSON.parse(text)
}

function checkedUniqueKey(task: AnyTask, input: unknown): string | null {
  const key = task.uniqueKey(input)
  return key === null ? null : checkedText(`unique.key of ${task.name}`, key, 500)
}

function checkedText(name: string, value: unknown, maxLength: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength && isStorable(value)) return value
  throw invalidOption(`${name} is not a text of 1 to ${maxLength} characters without control characters`)
}

function isStorable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.isWellFormed() && !/[\u0000-\u001f]/.test(text)
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= 1000) return priority
  throw invalidOption(`priority is ${priority} and not a whole number from -1000 to 1000`)
}

function checkedTags(tags: readonly string[]): string[] {
  if (tags.length > MAX_TAGS) throw invalidOption(`there are ${tags.length} tags, and at most ${MAX_TAGS} are kept`)
  return [...new Set(tags.map((tag) => checkedText('a tag', tag, MAX_TAG_LENGTH)))]
}

function invalidOption(what: string): BackbeatError {
  return new BackbeatError('invalid_option', `The job cannot be enqueued: ${what}.`, { status: 422 })
}
