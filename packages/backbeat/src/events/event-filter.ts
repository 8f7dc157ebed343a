import type { JobSummary } from '../job/job.ts'
import { isResting } from '../job/states.ts'
import type { JobFilter } from '../store/store.ts'
import { matchesAny } from '../task/patterns.ts'
import { storableText } from '../text.ts'

/** Whose events someone wants: those of jobs that fit all that is given, as in the list. */
export interface EventFilter
  extends Pick<JobFilter, 'taskType' | 'status' | 'queue' | 'q' | 'tag' | 'triggeredBy' | 'scope'> {
  /** Of this job alone. */
  jobId?: string
}

/** Names are looked for as they are stored. */
const MAX_NAME_LENGTH = 1000

/**
 * What a changed job is to those who want a filter's jobs: one of them; one that may just have left
 * them, because its status is another one now; or nothing.
 */
export function matcherOf(filter: EventFilter): (job: JobSummary) => 'in' | 'left' | 'out' {
  const { jobId, status, q, scope } = filter
  const taskType = nameOf(filter.taskType)
  const queue = nameOf(filter.queue)
  const triggeredBy = nameOf(filter.triggeredBy)
  const tag = nameOf(filter.tag)
  const part = q?.toLowerCase()
  const statuses = status && status.length > 0 ? new Set(status) : undefined
  // Nothing leaves the states that jobs rest in.
  const mayLeave = statuses !== undefined && [...statuses].some((one) => !isResting(one))
  return (job) => {
    if (jobId !== undefined && job.id !== jobId) return 'out'
    if (scope && !matchesAny(scope.tasks, job.taskType) && job.triggeredBy !== scope.startedBy) return 'out'
    if (taskType !== undefined && !isOfTask(job.taskType, taskType)) return 'out'
    if (queue !== undefined && job.queue !== queue) return 'out'
    if (triggeredBy !== undefined && job.triggeredBy !== triggeredBy) return 'out'
    if (tag !== undefined && !job.tags.includes(tag)) return 'out'
    if (part !== undefined && !mentions(job, part)) return 'out'
    if (statuses === undefined || statuses.has(job.status)) return 'in'
    return mayLeave ? 'left' : 'out'
  }
}

function isOfTask(name: string, wanted: string): boolean {
  return wanted.includes('*') ? matchesAny([wanted], name) : name === wanted
}

function nameOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : storableText(name, MAX_NAME_LENGTH)
}

function mentions({ taskType, id, errorMessage, tags }: JobSummary, part: string): boolean {
  return [taskType, id, errorMessage, ...tags].some((text) => text?.toLowerCase().includes(part))
}
