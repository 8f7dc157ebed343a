import { storableText } from './text.ts'

/**
 * Every error that reaches a person: a stable `code`, a message that says what was wrong and what
 * to do about it, and the HTTP status that it becomes when it leaves through the API.
 */
export class BackbeatError extends Error {
  override readonly name: string = 'BackbeatError'
  /** Stable, in snake_case; safe to compare against. */
  readonly code: string
  /** The HTTP status of this error when it is answered through the API. */
  readonly status: number

  constructor(code: string, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(message, options)
    this.code = code
    this.status = options.status ?? 500
  }
}

/** One thing that is wrong with an input, and where. */
export interface InputIssue {
  /** Keys from the input's root to the value that is wrong; empty for the input itself. */
  path: (string | number)[]
  message: string
}

/** Issues beyond this many are counted in the message, and no longer named. */
const NAMED_ISSUES = 5
const MAX_ISSUE_LENGTH = 300

function nameIssue({ path, message }: InputIssue): string {
  return storableText(`${path.join('.') || 'input'}: ${message}`, MAX_ISSUE_LENGTH)
}

/** The input does not fit the task's schema, or is not JSON. Nothing was stored. */
export class InvalidInputError extends BackbeatError {
  override readonly name = 'InvalidInputError'
  readonly issues: InputIssue[]

  constructor(taskType: string, issues: InputIssue[]) {
    const named = issues.slice(0, NAMED_ISSUES).map(nameIssue)
    if (issues.length > NAMED_ISSUES) named.push(`and ${issues.length - NAMED_ISSUES} more`)
    super('invalid_input', `The input of ${taskType} is not valid. ${named.join('; ')}`, { status: 422 })
    this.issues = issues
  }
}

/** A unique job of the same key is waiting or running. Nothing was stored. */
export class AlreadyRunningError extends BackbeatError {
  override readonly name = 'AlreadyRunningError'
  readonly activeJobId: string

  constructor(taskType: string, activeJobId: string) {
    super(
      'already_running',
      `${taskType} is already running for this key: job ${activeJobId}. Wait for it to finish or cancel it.`,
      { status: 409 },
    )
    this.activeJobId = activeJobId
  }
}

/** The job's state does not allow what was asked. */
export class IllegalStateError extends BackbeatError {
  override readonly name = 'IllegalStateError'

  constructor(code: string, message: string) {
    super(code, message, { status: 409 })
  }
}

/** No task of that name is known here. */
export class UnknownTaskError extends BackbeatError {
  override readonly name = 'UnknownTaskError'

  constructor(taskType: string) {
    super(
      'unknown_task',
      `No task is called "${taskType}". Check the name, and that the file that defines it matches the \`tasks\` pattern.`,
      { status: 404 },
    )
  }
}

/** No job has that id. */
export class UnknownJobError extends BackbeatError {
  override readonly name = 'UnknownJobError'

  constructor(id: string) {
    super('unknown_job', `There is no job "${id}". Check the id; finished jobs are removed after their retention.`, {
      status: 404,
    })
  }
}

/** No worker has that name. */
export class UnknownWorkerError extends BackbeatError {
  override readonly name = 'UnknownWorkerError'

  constructor(worker: string) {
    super(
      'unknown_worker',
      `There is no worker "${worker}". It has left, or was silent for more than a day; list the workers to see which there are.`,
      { status: 404 },
    )
  }
}

/**
 * Throw this, or a subclass, for a fault that may pass by itself (a dropped connection, a 503).
 * Tasks with a `retry` policy retry it unless their policy lists other errors.
 *
 * @example
 * if (response.status === 503) throw new TransientError('The payment gateway is busy')
 */
export class TransientError extends Error {
  override readonly name: string = 'TransientError'
}

/** The reason of `ctx.signal` when the soft time limit is reached. */
export class SoftTimeLimitError extends BackbeatError {
  override readonly name = 'SoftTimeLimitError'

  constructor(limitMs: number) {
    super(
      'soft_time_limit',
      `The task ran longer than its soft limit of ${limitMs} ms. Return a partial result, or raise limits.soft.`,
    )
  }
}

/** Recorded on a job whose executor was ended because the hard time limit was reached. */
export class HardTimeLimitError extends BackbeatError {
  override readonly name = 'HardTimeLimitError'

  constructor(limitMs: number) {
    super(
      'hard_time_limit',
      `The task ran longer than its hard limit of ${limitMs} ms and was ended. Make it faster, split it, or raise limits.hard.`,
    )
  }
}

/** The reason of `ctx.signal` when someone cancelled the job. */
export class JobCancelledError extends BackbeatError {
  override readonly name = 'JobCancelledError'

  constructor(reason: string) {
    super('cancelled', reason)
  }
}

/** The reason of `ctx.signal` when the worker shuts down before the task has finished. */
export class ShutdownError extends BackbeatError {
  override readonly name = 'ShutdownError'

  constructor() {
    super('shutdown', 'The worker is shutting down. The job goes back to its queue; this is not a failed attempt.')
  }
}

/** The reason of `ctx.signal` when another worker took over the job, so that writes are refused. */
export class LeaseLostError extends BackbeatError {
  override readonly name = 'LeaseLostError'

  constructor() {
    super(
      'lease_lost',
      'This attempt no longer holds the job: its lease ran out and the job was taken back. Nothing it does is recorded.',
    )
  }
}

const PASSING_STORE_FAULTS = ['store_busy', 'store_full', 'store_timeout', 'store_unavailable']

/** Whether it is a fault of the store that may pass by itself. */
export function isPassingStoreFault(error: unknown): boolean {
  return error instanceof BackbeatError && PASSING_STORE_FAULTS.includes(error.code)
}
