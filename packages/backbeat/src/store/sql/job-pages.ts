import { type Kysely, sql } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { Count, JobFilter } from '../store.ts'
import { looksAtJobs } from './job-conditions.ts'
import { summariesOf } from './job-list.ts'
import { type SearchParts, searchJobs } from './job-search.ts'
import { type JobPart, partsOf } from './job-sets.ts'
import { BEGINNING, END } from './list-positions.ts'
import { summaryOf } from './records.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'

/** Pages far down a list may take longer: so many jobs more are looked for in a millisecond. */
const JOBS_PER_MS = 10

/** Jobs that match the filter, newest first, from the given place on. */
export async function listJobsFrom(
  parts: SearchParts,
  filter: JobFilter,
  offset: number,
  limit: number,
): Promise<JobSummary[]> {
  if (!looksAtJobs(filter)) return plainJobsFrom(parts.db, filter, offset, limit)
  const totalMs = parts.patience.totalMs + (offset + limit) / JOBS_PER_MS
  const { ids } = await searchJobs(parts, filter, BEGINNING, offset + limit, totalMs)
  return (await summariesOf(parts.db, ids.slice(offset, offset + limit))).map(summaryOf)
}

async function plainJobsFrom(
  db: Kysely<Tables>,
  filter: JobFilter,
  offset: number,
  limit: number,
): Promise<JobSummary[]> {
  // One walk for each part, as in a list by cursor: each is in the order of its index.
  const [first, ...others] = partsFor(filter).map((part) =>
    db
      .selectFrom((from) =>
        walk(from, filter, part)
          .orderBy('id', 'desc')
          .limit(offset + limit)
          .as('matching'),
      )
      .select('matching.id'),
  )
  if (!first) return []
  const ids = await others
    .reduce((union, one) => union.unionAll(one), first)
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
  const rows = await summariesOf(
    db,
    ids.map(({ id }) => id),
  )
  return rows.map(summaryOf)
}

/** How many jobs match the filter; not counted any further than up to a limit. */
export async function countJobs(parts: SearchParts, filter: JobFilter, upTo: number): Promise<Count> {
  if (looksAtJobs(filter)) {
    const { ids, positions } = await searchJobs(parts, filter, BEGINNING, upTo + 1, parts.patience.totalMs / 2)
    const isAll = positions.indexed === END && positions.walked === END
    return { value: Math.min(ids.length, upTo), isExact: isAll && ids.length <= upTo }
  }
  let value = 0
  for (const part of partsFor(filter)) {
    const { count } = await parts.db
      .selectFrom((from) =>
        walk(from, filter, part)
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

function partsFor({ status, taskType }: JobFilter): JobPart[] {
  return partsOf(status?.length ? status : undefined, taskType !== undefined)
}

function walk(from: Pick<Kysely<Tables>, 'selectFrom'>, { taskType }: JobFilter, part: JobPart) {
  return from
    .selectFrom('backbeat_jobs')
    .select('id')
    .where(sql<boolean>`${sql.raw(part.condition)}`)
    .$if(taskType !== undefined, (query) => query.where('task_type', '=', storableName(taskType as string)))
}
