import type { Status } from '../../job/states.ts'

// Parts of the jobs, as the conditions of their indexes. A query must say them in the same words for
// a database to see that the index will do.

// They say it by what is absent: each write of a job looks at all of them, and to compare its state with
// two or five words takes longer.

/** `pending` or `retrying`. */
export const WAITING = 'attempt_started_at IS NULL AND completed_at IS NULL'
export const READY = 'ready = 1'
/** Waits for a later time, or is due and nobody has looked yet. */
export const DELAYED = `ready = 0 AND blocked_by IS NULL AND ${WAITING}`
/** Waits for the end of another job of its concurrency key. */
export const BLOCKED = 'blocked_by IS NOT NULL'
export const RUNNING = `status = 'running'`
export const ACTIVE = 'completed_at IS NULL'
export const RESTING = 'completed_at IS NOT NULL'
/** How jobs come to rest that people look for. */
export const RARE = `completed_at IS NOT NULL AND status <> 'completed'`

// What comes first in these two rules most jobs out: each write of a job asks it.

/** Over, with an error or a tag that may be searched for. */
export const SEARCHABLE = `(tags <> '[]' OR error_message IS NOT NULL) AND ${RESTING}`
/** Asked for by a person, and over. */
export const MANUAL = `triggered_by >= 'manual:' AND triggered_by < 'manual;' AND ${RESTING}`

/** All that wait, each of them in one of these. */
export const WAITING_SETS = [READY, DELAYED, BLOCKED]

/** A condition that one index stands for. */
export interface JobPart {
  condition: string
  /** Whether these jobs wait: usually few, and not in the order of their ids in any index. */
  isWaiting: boolean
  /** Which of {@link WAITING_SETS} they are of, where it is one. */
  set?: string
  /** Only those of one task, or that one has asked for; where the index has them together. */
  of?: { column: 'task_type' | 'triggered_by'; value: string }
}

/**
 * Conditions that together hold for the jobs in one of the states, each of them that of one index.
 *
 * @param statuses `undefined` for any
 * @param byTask whether the jobs of one task are wanted, of which there is an index of those that rest
 */
export function partsOf(statuses: readonly Status[] | undefined, byTask: boolean): JobPart[] {
  if (statuses) return [...new Set(statuses)].flatMap((status) => partsOfStatus(status, byTask))
  return byTask ? [...waiting(), notWaiting(RUNNING), notWaiting(RESTING)] : [notWaiting('1 = 1')]
}

function partsOfStatus(status: Status, byTask: boolean): JobPart[] {
  const only = `status = '${status}'`
  switch (status) {
    case 'pending':
    case 'retrying':
      return waiting(` AND ${only}`)
    case 'running':
      return [notWaiting(RUNNING)]
    case 'completed':
      return [notWaiting(byTask ? `${RESTING} AND ${only}` : only)]
    default:
      return [notWaiting(`${RARE} AND ${only}`)]
  }
}

function waiting(more = ''): JobPart[] {
  return WAITING_SETS.map((set) => ({ condition: set + more, isWaiting: true, set }))
}

function notWaiting(condition: string): JobPart {
  return { condition, isWaiting: false }
}
