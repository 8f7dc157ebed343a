import { mayMeetAnother } from '../../job/meeting.ts'
import type { NewJob } from '../store.ts'

/**
 * Whether jobs are several that differ only in their id and input, and meet no other: as those are
 * that are enqueued together. What they share is told to the database once.
 */
export function areAlike(jobs: readonly NewJob[]): boolean {
  const [first, ...others] = jobs
  if (!first || others.length === 0) return false
  const { id: _, input: __, tags, ...shared } = first
  if (mayMeetAnother(first) || first.tenant !== null || first.restrictions !== null) return false
  const entries = Object.entries(shared) as [keyof NewJob, unknown][]
  // A job may have what the first one has not: its delay, say.
  const count = Object.keys(first).length
  return others.every(
    (job) =>
      Object.keys(job).length === count &&
      entries.every(([name, value]) => job[name] === value) &&
      haveSameTags(job.tags, tags),
  )
}

function haveSameTags(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((tag, at) => tag === others[at])
}
