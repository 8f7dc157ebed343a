import type { JobSummary } from '../../job/job.ts'
import type { Count, JobFilter } from '../store.ts'
import { looksAtJobs } from './job-conditions.ts'
import { summariesOf } from './job-list.ts'
import { type SearchParts, searchJobs } from './job-search.ts'
import { BEGINNING, END } from './list-positions.ts'
import { jobsOfPart, newestPlain, plainParts } from './plain-walk.ts'
import { summaryOf } from './records.ts'

/** Pages far down a list may take longer: so many jobs more are looked for in a millisecond. */
const JOBS_PER_MS = 10

/** Jobs that match the filter, newest first, from the given place on. */
export async function listJobsFrom(
  parts: SearchParts,
  filter: JobFilter,
  offset: number,
  limit: number,
): Promise<JobSummary[]> {
  if (!looksAtJobs(filter)) return (await newestPlain(parts, filter, { offset, limit })).map(summaryOf)
  const totalMs = parts.patience.totalMs + (offset + limit) / JOBS_PER_MS
  const { ids } = await searchJobs(parts, filter, BEGINNING, offset + limit, totalMs)
  return (await summariesOf(parts.db, ids.slice(offset, offset + limit))).map(summaryOf)
}

/** How many jobs match the filter; not counted any further than up to a limit. */
export async function countJobs(parts: SearchParts, filter: JobFilter, upTo: number): Promise<Count> {
  if (looksAtJobs(filter)) {
    const { ids, positions } = await searchJobs(parts, filter, BEGINNING, upTo + 1, parts.patience.totalMs / 2)
    const isAll = positions.indexed === END && positions.walked === END
    return { value: Math.min(ids.length, upTo), isExact: isAll && ids.length <= upTo }
  }
  let value = 0
  for (const part of plainParts(filter)) {
    const { count } = await parts.db
      .selectFrom((from) =>
        jobsOfPart(from, part, filter)
          .limit(upTo - value + 1)
          .as('some'),
      )
      .select((some) => some.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    value += Number(count)
    if (value > upTo) return { value: upTo, isExact: false }
  }
  return { value, isExact: true }
}
