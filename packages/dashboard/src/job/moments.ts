import type { JobDetail } from 'backbeat/client'
import { type Status, toneOf } from '../ui/status.tsx'

export interface Moment {
  /** Its place among them. */
  index: number
  label: string
  at: string
  tone: string
  /** Since the moment before, in milliseconds. */
  after: number | null
}

/** So many moments are shown at once. */
const MOST = 12
const FIRST = 3
const LAST = 8

/** What happened to a job, in its order; also what will, where it waits for a time. */
export function momentsOf(job: JobDetail, now: number): Moment[] {
  const told: Omit<Moment, 'index' | 'after'>[] = [{ label: 'created', at: job.created_at, tone: 'hollow' }]
  for (const { started_at, ended_at, outcome } of job.details.attempts) {
    told.push({ label: 'started', at: started_at, tone: 'accent' })
    if (ended_at !== null && ended_at !== job.completed_at) {
      told.push({ label: outcome, at: ended_at, tone: outcome === 'completed' ? 'green' : 'amber' })
    }
  }
  if (job.completed_at !== null) {
    told.push({ label: job.status, at: job.completed_at, tone: toneOf(job.status as Status) })
  } else if (job.status === 'retrying' || (job.status === 'pending' && Date.parse(job.run_at) > now)) {
    told.push({ label: 'due', at: job.run_at, tone: 'hollow' })
  }
  return told.map((moment, index) => {
    const before = told[index - 1]
    return { ...moment, index, after: before ? Date.parse(moment.at) - Date.parse(before.at) : null }
  })
}

/** The first and the last of a long list, and how many lie between them. */
export function folded<Entry>(
  entries: readonly Entry[],
  { most = MOST, first = FIRST, last = LAST } = {},
): { head: readonly Entry[]; hidden: number; tail: readonly Entry[] } {
  if (entries.length <= most) return { head: entries, hidden: 0, tail: [] }
  return { head: entries.slice(0, first), hidden: entries.length - first - last, tail: entries.slice(-last) }
}
