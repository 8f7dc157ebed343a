import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'
import type { Restrictions } from '../job/admission.ts'

/** How many jobs of a task, or of one key of it, run at the same time across all workers. */
export interface ConcurrencyOptions<Input> {
  limit: number
  /** Counts jobs of each key by themselves, such as each shop. Default: all jobs of the task together. */
  key?: (input: Input) => string
}

/** How many jobs of a task, or of one key of it, start within a time across all workers. */
export interface RateOptions<Input> {
  /** From 1 to 10,000. */
  limit: number
  /** In any stretch of this length. */
  per: Duration
  /** Counts jobs of each key by themselves, such as each mail provider. Default: all jobs of the task together. */
  key?: (input: Input) => string
}

/** What restricts the start of a task's jobs. */
export interface RestrictionOptions<Input> {
  /** Default: no limit. Several limits hold at once. */
  concurrency?: ConcurrencyOptions<Input> | readonly ConcurrencyOptions<Input>[]
  /** Default: no limit. */
  rate?: RateOptions<Input>
}

/** The limits of a task, as people are told of them. */
export interface RestrictionRules {
  /** `isKeyed`: jobs of each key are counted by themselves. */
  concurrency: { limit: number; isKeyed: boolean }[]
  rate: { limit: number; perMs: number; isKeyed: boolean } | null
}

export function restrictionRulesOf<Input>(
  { concurrency = [], rate }: RestrictionOptions<Input>,
  taskType: string,
): RestrictionRules {
  const limits = 'limit' in concurrency ? [concurrency] : concurrency
  return {
    concurrency: limits.map(({ limit, key }) => ({ limit, isKeyed: key !== undefined })),
    rate: rate
      ? { limit: rate.limit, perMs: toMs(rate.per, `rate.per of ${taskType}`), isKeyed: rate.key !== undefined }
      : null,
  }
}

/**
 * Says what restricts a job, by its input.
 *
 * @throws BackbeatError `invalid_restriction` where a limit is not a whole number of at least 1
 */
export function restrictionsOf<Input>(
  { concurrency = [], rate }: RestrictionOptions<Input>,
  taskType: string,
): (input: Input) => Restrictions | null {
  const limits = 'limit' in concurrency ? [concurrency] : concurrency
  for (const { limit } of limits) checkLimit('concurrency.limit', limit, 1_000_000, taskType)
  if (rate) checkLimit('rate.limit', rate.limit, 10_000, taskType)
  const perMs = rate ? toMs(rate.per, `rate.per of ${taskType}`) : 0
  if (limits.length === 0 && !rate) return () => null
  return (input) => ({
    concurrency: limits.map(({ limit, key }) => ({ limit, key: key ? `${taskType}:${key(input)}` : taskType })),
    rate: rate ? { limit: rate.limit, perMs, key: rate.key ? `${taskType}:${rate.key(input)}` : taskType } : null,
  })
}

function checkLimit(name: string, limit: number, max: number, taskType: string): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return
  throw new BackbeatError(
    'invalid_restriction',
    `${name} of ${taskType} is ${limit}. Give a whole number from 1 to ${max}.`,
  )
}
