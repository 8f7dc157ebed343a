import type { Clock } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'
import { BackbeatError, InvalidInputError } from '../errors.ts'
import type { Restrictions } from '../job/admission.ts'
import { findJsonIssue, type Json } from '../json.ts'
import type { Vault } from '../redaction/vault.ts'
import type { NewJob, Transaction } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import { parseInput } from '../task/input.ts'
import { newJobId } from './job-id.ts'

/** A larger input belongs in a file or a table, with a reference to it in the input. */
export const MAX_INPUT_BYTES = 1024 * 1024
const MAX_RUN_AT = Date.UTC(9999, 11, 31)
const MAX_TAGS = 20
const MAX_TAG_LENGTH = 200

export interface EnqueueOptions {
  /**
   * An open transaction of the application's own on the store's database: the job is there once
   * it commits, and never where it is rolled back. On SQLite a `DatabaseSync` or a Kysely transaction;
   * on Postgres a client of `pg` on which `BEGIN` was run, or the transaction of Kysely, Drizzle, Knex
   * or Prisma.
   */
  tx?: Transaction
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
  /** Cancelled as expired when it has not started by this long after it was due. Default: the task's. */
  expires?: Duration
  /** Up to 20 words to find the job by, such as `shop=nord`. */
  tags?: readonly string[]
}

/**
 * A job as it will be stored, or the reason why it cannot be.
 *
 * @param id a UUIDv7; by default a new one
 * @throws InvalidInputError, and BackbeatError `invalid_option`, `input_too_large`, `invalid_duration`,
 *   `secret_missing`
 */
export async function newJobOf(
  task: AnyTask,
  input: unknown,
  options: EnqueueOptions,
  clock: Clock,
  vault: Vault,
  id: string = newJobId(),
): Promise<NewJob> {
  const stored = storableInput(task, input)
  return jobOf(task, stored, await parseInput(task, stored), options, clock, vault, id)
}

/** As {@link newJobOf}, for several jobs of one task. */
export async function newJobsOf(
  task: AnyTask,
  inputs: readonly unknown[],
  options: EnqueueOptions,
  clock: Clock,
  vault: Vault,
): Promise<NewJob[]> {
  const jobs: NewJob[] = []
  for (const input of inputs) {
    const stored = storableInput(task, input)
    const parsed = parseInput(task, stored)
    const checked: unknown = parsed instanceof Promise ? await parsed : parsed
    jobs.push(jobOf(task, stored, checked, options, clock, vault, newJobId()))
  }
  return jobs
}

function jobOf(
  task: AnyTask,
  stored: Json,
  parsed: unknown,
  options: EnqueueOptions,
  clock: Clock,
  vault: Vault,
  id: string,
): NewJob {
  const { unique } = task
  const { runAt, delayMs } = dueOf(options, unique?.debounceMs ?? null, clock)
  const expiresAfterMs = options.expires === undefined ? task.expiresMs : toMs(options.expires, 'expires')
  const job: NewJob = {
    id,
    taskType: task.name,
    queue: checkedQueue(options.queue ?? task.queue),
    priority: checkedPriority(options.priority ?? task.priority),
    input: vault.seal(task.name, stored, task.redaction),
    triggeredBy: checkedText('triggeredBy', options.triggeredBy ?? 'app', 200),
    tags: checkedTags(task.tagsOf(parsed), options.tags),
    runAt,
    maxAttempts: task.retry.maxAttempts,
    maxRedeliveries: task.maxRedeliveries,
    uniqueKey: unique && checkedText('the unique key', `${task.name}:${unique.key(parsed)}`, 500),
    uniquePeriodMs: unique?.periodMs ?? null,
    replacesWaiting: unique?.onConflict === 'replace',
    retriedFromId: null,
    retryScope: 'all',
    totalItems: 0,
    expiresAt: null,
    restrictions: checkedRestrictions(task.restrictionsOf(parsed)),
    tenant: checkedTenant(task.tenantOf(parsed)),
  }
  if (delayMs !== undefined) job.delayMs = delayMs
  if (expiresAfterMs !== null) job.expiresAfterMs = expiresAfterMs
  return job
}

function checkedRestrictions(restrictions: Restrictions | null): Restrictions | null {
  for (const { key } of restrictions?.concurrency ?? []) checkedText('a concurrency key', key, 500)
  if (restrictions?.rate) checkedText('a rate key', restrictions.rate.key, 500)
  return restrictions
}

function checkedTenant(tenant: string | null): string | null {
  return tenant === null ? null : checkedText('the tenant', tenant, 200)
}

/** A delay stays one: this machine's clock and the store's need not agree. */
function dueOf(
  { runAt, delay }: EnqueueOptions,
  debounceMs: number | null,
  clock: Clock,
): Pick<NewJob, 'runAt' | 'delayMs'> {
  if (delay !== undefined || runAt === undefined) {
    const delayMs = delay === undefined ? debounceMs : toMs(delay, 'delay')
    if (delayMs === null) return { runAt: null }
    if (clock.now() + delayMs > MAX_RUN_AT) throw tooLate()
    return { runAt: null, delayMs }
  }
  const at = runAt.getTime()
  if (Number.isNaN(at)) throw invalidOption('runAt is not a valid date')
  if (at > MAX_RUN_AT) throw tooLate()
  return { runAt: at }
}

function tooLate(): BackbeatError {
  return invalidOption('it would run after the year 9999')
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

function checkedText(name: string, value: unknown, maxLength: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength && isStorable(value)) return value
  throw invalidOption(`${name} is not a text of 1 to ${maxLength} characters without control characters`)
}

function isStorable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.isWellFormed() && !/[\u0000-\u001f]/.test(text)
}

/** @throws BackbeatError `invalid_option` */
export function checkedQueue(name: string): string {
  return checkedText('queue', name, 100)
}

/** @throws BackbeatError `invalid_option` */
export function checkedConcurrency(concurrency: number | null): number | null {
  if (concurrency === null || (Number.isInteger(concurrency) && concurrency >= 1)) return concurrency
  throw invalidOption(`concurrency is ${concurrency} and not a whole number of at least 1`)
}

/** @throws BackbeatError `invalid_option` */
export function checkedSlots(slots: number | null): number | null {
  if (slots === null || (Number.isInteger(slots) && slots >= 1 && slots <= 10_000)) return slots
  throw invalidOption(`slots is ${slots} and not a whole number from 1 to 10000`)
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= 1000) return priority
  throw invalidOption(`priority is ${priority} and not a whole number from -1000 to 1000`)
}

function checkedTags(ofTask: readonly string[], more: readonly string[] = []): string[] {
  if (ofTask.length === 0 && more.length === 0) return []
  const tags = [...ofTask, ...more]
  if (tags.length > MAX_TAGS) throw invalidOption(`there are ${tags.length} tags, and at most ${MAX_TAGS} are kept`)
  return [...new Set(tags.map((tag) => checkedText('a tag', tag, MAX_TAG_LENGTH)))]
}

function invalidOption(what: string): BackbeatError {
  return new BackbeatError('invalid_option', `That cannot be done: ${what}.`, { status: 422 })
}
