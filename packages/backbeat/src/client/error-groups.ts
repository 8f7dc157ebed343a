import { errorFingerprint, normalisedMessage } from '../job/error-fingerprint.ts'
import type { JobSummary } from '../job/job.ts'

const SAMPLES = 5

/** Failed jobs that failed of one fault. */
export interface ErrorGroup {
  fingerprint: string
  /** The tasks that it hit, the one that it hit most first. */
  tasks: { taskType: string; count: number }[]
  errorType: string | null
  /** Without what differs from one occurrence to the next. */
  message: string
  /** As the newest of them has it. */
  latestMessage: string | null
  count: number
  firstSeenAt: number
  lastSeenAt: number
  /** The newest jobs of the group. */
  sampleJobIds: string[]
  /** How many there were in each stretch of the span. */
  counts: number[]
}

/** The time over which faults are counted in stretches. */
export interface ErrorSpan {
  from: number
  to: number
  bucketMs: number
}

/** Groups failed jobs by their fault: the largest group first. @param jobs the newest first */
export function groupErrors(jobs: Iterable<JobSummary>, span: ErrorSpan): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>()
  const tasks = new Map<ErrorGroup, Map<string, number>>()
  for (const job of jobs) {
    const fingerprint = errorFingerprint(job)
    const seenAt = job.completedAt ?? job.createdAt
    let group = groups.get(fingerprint)
    if (!group) {
      group = groupOf(job, fingerprint, seenAt, span)
      groups.set(fingerprint, group)
      tasks.set(group, new Map())
    }
    group.count += 1
    group.firstSeenAt = Math.min(group.firstSeenAt, seenAt)
    group.lastSeenAt = Math.max(group.lastSeenAt, seenAt)
    if (group.sampleJobIds.length < SAMPLES) group.sampleJobIds.push(job.id)
    const hit = tasks.get(group)
    hit?.set(job.taskType, (hit.get(job.taskType) ?? 0) + 1)
    const stretch = Math.floor((seenAt - span.from) / span.bucketMs)
    const counted = group.counts[stretch]
    if (counted !== undefined) group.counts[stretch] = counted + 1
  }
  for (const [group, hit] of tasks) {
    group.tasks = Array.from(hit, ([taskType, count]) => ({ taskType, count })).sort((a, b) => b.count - a.count)
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt)
}

function groupOf(job: JobSummary, fingerprint: string, seenAt: number, span: ErrorSpan): ErrorGroup {
  return {
    fingerprint,
    tasks: [],
    errorType: job.errorType,
    message: normalisedMessage(job.errorMessage ?? ''),
    latestMessage: job.errorMessage,
    count: 0,
    firstSeenAt: seenAt,
    lastSeenAt: seenAt,
    sampleJobIds: [],
    counts: Array.from({ length: Math.ceil((span.to - span.from) / span.bucketMs) }, () => 0),
  }
}
