import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'

/** How long one attempt may run. */
export interface LimitOptions {
  /** After this, `ctx.signal` aborts with a `SoftTimeLimitError`; the task may still return a partial result. Default: none. */
  soft?: Duration
  /** After this, the executor is ended, whatever it does, and the job fails. Default: none. */
  hard?: Duration
}

/** Limits in milliseconds. */
export interface Limits {
  softMs: number | null
  hardMs: number | null
}

/** @throws BackbeatError `invalid_limits` where the soft limit does not come before the hard one */
export function limitsOf(options: LimitOptions | undefined, taskType: string): Limits {
  const limits = {
    softMs: options?.soft === undefined ? null : toMs(options.soft, `limits.soft of ${taskType}`),
    hardMs: options?.hard === undefined ? null : toMs(options.hard, `limits.hard of ${taskType}`),
  }
  if (limits.softMs !== null && limits.hardMs !== null && limits.softMs >= limits.hardMs) {
    throw new BackbeatError(
      'invalid_limits',
      `limits.soft of ${taskType} does not come before limits.hard. Leave the task some time between them to finish what it has.`,
    )
  }
  return limits
}
