import type { Kysely } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { JobFilter, Page, PageRequest } from '../store.ts'
import { encodeCursor, pageOf } from './cursor.ts'
import { looksAtJobs } from './job-conditions.ts'
import { type SearchParts, searchJobs } from './job-search.ts'
import { END, newer, older, type Positions, placeOf, positionsOf } from './list-positions.ts'
import { newestPlain } from './plain-walk.ts'
import { SUMMARY_COLUMNS, summaryOf } from './records.ts'
import type { Tables } from './tables.ts'

/** Jobs that match the filter, newest first. */
export async function listJobs(parts: SearchParts, filter: JobFilter, page: PageRequest): Promise<Page<JobSummary>> {
  const { limit, cursor } = page
  const positions = positionsOf(cursor)
  if (looksAtJobs(filter)) return searchedPage(parts, filter, limit, positions)
  // What an index has in order needs no looking at.
  const rows = await newestPlain(parts, filter, { before: positions.walked, limit: limit + 1 })
  return pageOf(rows, limit, summaryOf, (row) => [row.id])
}

async function searchedPage(
  parts: SearchParts,
  filter: JobFilter,
  limit: number,
  from: Positions,
): Promise<Page<JobSummary>> {
  const { ids, positions } = await searchJobs(parts, filter, from, limit + 1)
  const shown = ids.slice(0, limit)
  const last = shown.at(-1)
  // What was found and has no room is found again.
  const next = (position: string | undefined, before: string | undefined) =>
    ids.length > limit && (position ?? END) < (last as string) ? older(before, last) : position
  const to = { indexed: next(positions.indexed, from.indexed), walked: next(positions.walked, from.walked) }
  const position = newer(to.indexed, to.walked)
  const entries = (await summariesOf(parts.db, shown)).map(summaryOf)
  if (position === END) return { entries, nextCursor: null }
  const nextCursor = encodeCursor(placeOf(to))
  if (shown.length === limit) return { entries, nextCursor }
  return { entries, nextCursor, searchedTo: await timeOf(parts.db, position as string) }
}

/** The rows of summaries, newest first. */
export async function summariesOf(db: Kysely<Tables>, ids: readonly string[]) {
  if (ids.length === 0) return []
  return db.selectFrom('backbeat_jobs').select(SUMMARY_COLUMNS).where('id', 'in', ids).orderBy('id', 'desc').execute()
}

async function timeOf(db: Kysely<Tables>, id: string): Promise<number> {
  const row = await db
    .selectFrom('backbeat_jobs')
    .select('created_at')
    .where('id', '>=', id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row?.created_at ?? 0
}
