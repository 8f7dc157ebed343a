import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'
import type { Restrictions } from '../job/admission.ts'
import type { NotifiableStatus } from '../job/notification.ts'
import type { Json } from '../json.ts'
import { type RedactionPolicy, redactionPolicy } from '../redaction/paths.ts'
import type { Resources, TaskContext } from './context.ts'
import { type LimitOptions, type Limits, limitsOf } from './limits.ts'
import { notifyOnOf } from './notify.ts'
import { type RestrictionOptions, type RestrictionRules, restrictionRulesOf, restrictionsOf } from './restrictions.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry.ts'
import { type UniqueOptions, type UniquePolicy, uniquePolicy } from './unique.ts'
import type { Verdict } from './verdict.ts'

/** Marks tasks, also across two copies of this package. */
const TASK = Symbol.for('backbeat.task')

/** How a worker isolates the code that it runs, from the lightest to the safest. */
export const POOL_KINDS = ['inline', 'threads', 'processes'] as const

export type PoolKind = (typeof POOL_KINDS)[number]

/** What a task may return: JSON, nothing, or a verdict such as `warn(result, warnings)`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a task that returns nothing is typed as returning void
export type TaskResult = Json | Verdict | object | undefined | void

export interface TaskOptions<Schema extends StandardSchemaV1, Result extends TaskResult>
  extends RestrictionOptions<StandardSchemaV1.InferOutput<Schema>> {
  /** `<domain>.<action>` in lower snake_case, unique in the application; the domain `admin` is the API's own. */
  name: string
  /** What the task does, in a sentence; shown to people. */
  description?: string
  /** Any Standard Schema: zod, valibot, arktype and others. */
  input: Schema
  /** The lane that its jobs wait in. Default: `default`. */
  queue?: string
  /** Higher runs first, from -1000 to 1000. Default: 0. */
  priority?: number
  /** Default: no retry. */
  retry?: RetryOptions
  /** Default: none. */
  limits?: LimitOptions
  /** At most one job per key may wait or run; by default another is refused as already running. */
  unique?: UniqueOptions<StandardSchemaV1.InferOutput<Schema>>
  /** Jobs of different tenants that wait in one queue take turns, however many one of them has. */
  tenant?: (input: StandardSchemaV1.InferOutput<Schema>) => string
  /** A job that has not started by this long after it was due is cancelled as expired. Default: never. */
  expires?: Duration
  /** Words to find its jobs by, besides those given when one is enqueued, such as `shop=nord`. */
  tags?: (input: StandardSchemaV1.InferOutput<Schema>) => readonly string[]
  /**
   * How often a job is handed out again when its worker vanished, before it is called stuck;
   * `false` for never. Default: 5.
   */
  redeliver?: number | false
  /**
   * Run in a transaction of the store's own database, on `ctx.tx`: what the task writes there and
   * its outcome are committed together, so that both happen exactly once, or neither does. On
   * SQLite nobody else can write meanwhile: do the slow things before. Default: false.
   */
  transactional?: boolean
  /**
   * What in its input is sensitive, as keys joined by dots, `*` for any key or index, such as
   * `card.number` or `rows.*.iban`; after a `!`, what is not although its name tells so. It is stored
   * sealed, and hidden wherever the job, its result, errors, log or progress would show it. Passwords,
   * tokens, card numbers and the like are known by their names. Needs a `secret`.
   */
  redact?: readonly string[]
  /**
   * Where its jobs run: in the worker's own thread (`inline`, for what is known to be quick), in
   * `threads`, or in child `processes`, for code that may crash or run out of memory. Default: the
   * worker's own choice.
   */
  pool?: PoolKind
  /**
   * In which states its jobs make a notification when they come to rest: `failed`, `stuck`,
   * `completed_with_warnings`; `false` for none. Default: those that the application says.
   *
   * @example
   * notify: ['failed', 'stuck', 'completed_with_warnings']
   */
  notify?: false | readonly NotifiableStatus[]
  run: (input: StandardSchemaV1.InferOutput<Schema>, ctx: TaskContext & Resources) => Result | Promise<Result>
}

/** A task as the rest of the system sees it: its options, checked and completed. */
export interface Task<Schema extends StandardSchemaV1 = StandardSchemaV1, Result extends TaskResult = TaskResult> {
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly queue: string
  readonly priority: number
  readonly retry: RetryPolicy
  readonly limits: Limits
  readonly maxRedeliveries: number
  readonly transactional: boolean
  readonly redaction: RedactionPolicy
  readonly unique: UniquePolicy<StandardSchemaV1.InferOutput<Schema>> | null
  /** In milliseconds after a job was due. */
  readonly expiresMs: number | null
  tenantOf(input: StandardSchemaV1.InferOutput<Schema>): string | null
  readonly restrictionRules: RestrictionRules
  restrictionsOf(input: StandardSchemaV1.InferOutput<Schema>): Restrictions | null
  /** `null` where the worker chooses. */
  readonly pool: PoolKind | null
  /** In which states its jobs make a notification; `null` where the application says. */
  readonly notifyOn: readonly NotifiableStatus[] | null
  tagsOf(input: StandardSchemaV1.InferOutput<Schema>): readonly string[]
  run(input: StandardSchemaV1.InferOutput<Schema>, ctx: TaskContext & Resources): Result | Promise<Result>
}

/** Any task, whatever its input and result. */
// biome-ignore lint/suspicious/noExplicitAny: inputs are contravariant, so that no narrower type fits every task
export type AnyTask = Task<any, any>

/**
 * Defines a task. Put it where the application's `tasks` pattern finds it; nothing else is needed.
 *
 * @throws BackbeatError `invalid_retry`, `invalid_limits`, `invalid_duration`, `invalid_task` where
 *   an option cannot work
 * @example
 * export const welcome = task({
 *   name: 'accounts.send_welcome_email',
 *   input: z.object({ email: z.email() }),
 *   retry: { times: 3 },
 *   run: ({ email }, ctx) => ctx.mailer.send(email, 'Welcome!'),
 * })
 */
export function task<Schema extends StandardSchemaV1, Result extends TaskResult>(
  options: TaskOptions<Schema, Result>,
): Task<Schema, Result> {
  const { name, tenant, priority = 0, redeliver = 5, pool = null } = options
  const maxRedeliveries = redeliver === false ? 0 : redeliver
  if (!Number.isInteger(priority) || Math.abs(priority) > 1000) {
    throw invalid(name, `priority is ${priority}; give a whole number from -1000 to 1000`)
  }
  if (!Number.isInteger(maxRedeliveries) || maxRedeliveries < 0) {
    throw invalid(name, `redeliver is ${redeliver}; give a whole number, or false`)
  }
  if (pool !== null && !POOL_KINDS.includes(pool)) {
    throw invalid(name, `pool is ${JSON.stringify(pool)}; give one of ${POOL_KINDS.join(', ')}`)
  }
  if (typeof options.input?.['~standard']?.validate !== 'function') {
    throw invalid(name, 'input is not a Standard Schema; give one from zod, valibot or arktype')
  }
  const defined: Task<Schema, Result> = {
    name,
    description: options.description ?? '',
    input: options.input,
    queue: options.queue ?? 'default',
    priority,
    retry: retryPolicy(options.retry, name),
    limits: limitsOf(options.limits, name),
    maxRedeliveries,
    transactional: options.transactional ?? false,
    redaction: redactionPolicy(options.redact, name),
    unique: uniquePolicy(options.unique, name),
    expiresMs: options.expires === undefined ? null : toMs(options.expires, `expires of ${name}`),
    tenantOf: (input) => tenant?.(input) ?? null,
    restrictionRules: restrictionRulesOf(options, name),
    restrictionsOf: restrictionsOf(options, name),
    pool,
    notifyOn: notifyOnOf(options.notify, (what) => invalid(name, `notify: ${what}; give such a list, or false`)),
    tagsOf: options.tags ?? (() => []),
    run: options.run,
  }
  return Object.defineProperty(defined, TASK, { value: true })
}

/** Whether a module's export is a task. */
export function isTask(value: unknown): value is AnyTask {
  return typeof value === 'object' && value !== null && TASK in value
}

function invalid(name: string, what: string): BackbeatError {
  return new BackbeatError('invalid_task', `The task ${name} cannot work: ${what}.`)
}
