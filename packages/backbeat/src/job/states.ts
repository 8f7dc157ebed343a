/** Every state that a job can be in, in the order in which a job usually passes them. */
export const STATUSES = [
  'pending',
  'running',
  'retrying',
  'completed',
  'completed_with_warnings',
  'failed',
  'stuck',
  'cancelled',
] as const

export type Status = (typeof STATUSES)[number]

/** Waiting for a worker: now, or until `run_at`. */
const WAITING = ['pending', 'retrying'] as const satisfies readonly Status[]
/** A person may ask for a new job that does the work again. */
export const RETRYABLE = ['failed', 'stuck'] as const satisfies readonly Status[]

const MOVES: Record<Status, readonly Status[]> = {
  pending: ['running', 'cancelled'],
  running: ['completed', 'completed_with_warnings', 'failed', 'retrying', 'pending', 'stuck', 'cancelled'],
  retrying: ['running', 'cancelled'],
  completed: [],
  completed_with_warnings: [],
  failed: [],
  stuck: [],
  cancelled: [],
}

const ALIASES: Record<string, Status> = {
  processing: 'running',
  fetching: 'running',
  started: 'running',
  progress: 'running',
  success: 'completed',
  passed: 'completed',
  completed_with_errors: 'completed_with_warnings',
  partial: 'completed_with_warnings',
  error: 'failed',
  failure: 'failed',
  retry: 'retrying',
  revoked: 'cancelled',
  queued: 'pending',
}

/** Whether a job in `from` may move to `to` in one step. */
export function mayMove(from: Status, to: Status): boolean {
  return MOVES[from].includes(to)
}

/** Whether nothing more will happen to a job in this state; pollers stop here. */
export function isResting(status: Status): boolean {
  return MOVES[status].length === 0
}

/** Whether a worker may claim a job in this state once it is due. */
export function isWaiting(status: Status): boolean {
  return (WAITING as readonly Status[]).includes(status)
}

/** Whether a person may ask for this job's work to be done again. */
export function isRetryable(status: Status): boolean {
  return (RETRYABLE as readonly Status[]).includes(status)
}

/** The state that a word means, in any letter case; words of other task systems are understood too. */
export function parseStatus(word: string): Status | undefined {
  const lower = word.toLowerCase()
  if ((STATUSES as readonly string[]).includes(lower)) return lower as Status
  return Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : undefined
}
