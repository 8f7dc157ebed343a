import { type Kysely, sql } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { JobFilter, Page, PageRequest } from '../store.ts'
import { encodeCursor, pageOf } from './cursor.ts'
import { looksAtJobs } from './job-conditions.ts'
import { type SearchParts, searchJobs } from './job-search.ts'
import { type JobPart, partsOf } from './job-sets.ts'
import { END, newer, older, type Positions, placeOf, positionsOf } from './list-positions.ts'
import { SUMMARY_COLUMNS, summaryOf } from './records.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'
import { areFewWaiting } from './waiting-jobs.ts'

/** Jobs that match the filter, newest first. */
export async function listJobs(parts: SearchParts, filter: JobFilter, page: PageRequest): Promise<Page<JobSummary>> {
  const positions = positionsOf(page.cursor)
  return looksAtJobs(filter)
    ? searchedPage(parts, filter, page.limit, positions)
    : plainPage(parts, filter, page.limit, positions.walked)
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

/** What an index has in order needs no looking at. */
async function plainPage(
  { db, dialect }: SearchParts,
  { status, taskType }: JobFilter,
  limit: number,
  after: string | undefined,
): Promise<Page<JobSummary>> {
  const statuses = status?.length ? status : undefined
  const [first, ...others] = partsOf(statuses, taskType !== undefined) as [JobPart, ...JobPart[]]
  // Left to itself, a database may walk all of history in its order for the few that wait: SQLite does, and
  // Postgres for as long as its statistics remember a backlog.
  const sortsWaiting = await areFewWaiting(db)

  // One bounded walk for each part: a walk over several at once would have to sort all of history.
  const matching = ({ condition, isWaiting }: JobPart) =>
    db
      .selectFrom((from) =>
        from
          .selectFrom('backbeat_jobs')
          .select('id')
          .where(sql<boolean>`${sql.raw(condition)}`)
          .$if(taskType !== undefined, (query) => query.where('task_type', '=', storableName(taskType as string)))
          .$if(after !== undefined, (query) => query.where('id', '<', after as string))
          .orderBy((job) => (isWaiting && sortsWaiting ? dialect.unordered(job.ref('id')) : job.ref('id')), 'desc')
          .limit(limit + 1)
          .as('matching'),
      )
      .select('matching.id')

  const ids = others.reduce((union, part) => union.unionAll(matching(part)), matching(first))
  const rows = await db
    .selectFrom('backbeat_jobs')
    .select(SUMMARY_COLUMNS)
    .where('id', 'in', ids)
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, summaryOf, (row) => [row.id])
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
