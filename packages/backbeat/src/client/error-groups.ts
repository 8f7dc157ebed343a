import { errorFingerprint, normalisedMessage } from '../job/error-fingerprint.ts'
import type { JobSummary } from '../job/job.ts'

const SAMPLES = 5

/** Failed jobs that failed of one fault. */
export interface ErrorGroup {
  fingerprint: string
  taskType: string
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
}

/** Groups failed jobs by their fault: the largest group first. */
export function groupErrors(jobs: Iterable<JobSummary>): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>()
  for (const job of jobs) {
    const fingerprint = errorFingerprint(job)
    const seenAt = job.completedAt ?? job.createdAt
    const group = groups.get(fingerprint)
    if (!group) {
      groups.set(fingerprint, {
        fingerprint,
        taskType: job.taskType,
        errorType: job.errorType,
        message: normalisedMessage(job.errorMessage ?? ''),
        latestMessage: job.errorMessage,
        count: 1,
        firstSeenAt: seenAt,
        lastSeenAt: seenAt,
        sampleJobIds: [job.id],
      })
      continue
    }
    group.count += 1
    group.firstSeenAt = Math.min(group.firstSeenAt, seenAt)
    group.lastSeenAt = Math.max(group.lastSeenAt, seenAt)
    if (group.sampleJobIds.length < SAMPLES) group.sampleJobIds.push(job.id)
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt)
}
