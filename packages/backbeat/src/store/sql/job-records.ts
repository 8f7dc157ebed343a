import { type Kysely, sql } from 'kysely'
import type { Attempt, Item, Job, JobSummary, LogLine } from '../../job/job.ts'
import type { ItemFilter, LogRequest, Page, PageRequest } from '../store.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import {
  ATTEMPT_COLUMNS,
  attemptOf,
  itemOf,
  JOB_COLUMNS,
  jobOf,
  logLineOf,
  ownAttemptOf,
  SUMMARY_COLUMNS,
  summaryOf,
} from './records.ts'
import type { Tables } from './tables.ts'
import { workerVersions } from './workers.ts'

export async function getJob(db: Kysely<Tables>, id: string): Promise<Job | undefined> {
  const row = await db.selectFrom('backbeat_jobs').select(JOB_COLUMNS).where('id', '=', id).executeTakeFirst()
  return row && jobOf(row)
}

/** Those of the jobs that exist, by their ids. */
export async function getJobs(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, Job>> {
  const rows = await db.selectFrom('backbeat_jobs').select(JOB_COLUMNS).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, jobOf(row)]))
}

/** So many are read in one query. */
const MAX_SUMMARIES = 500

/** Those of the jobs that exist. */
export async function getSummaries(db: Kysely<Tables>, ids: readonly string[]): Promise<JobSummary[]> {
  const found: JobSummary[] = []
  for (let first = 0; first < ids.length; first += MAX_SUMMARIES) {
    const some = ids.slice(first, first + MAX_SUMMARIES)
    const rows = await db.selectFrom('backbeat_jobs').select(SUMMARY_COLUMNS).where('id', 'in', some).execute()
    for (const row of rows) found.push(summaryOf(row))
  }
  return found
}

/** The jobs that retry the given one, the newest first. */
export async function listRetries(db: Kysely<Tables>, id: string, limit: number): Promise<JobSummary[]> {
  const rows = await db
    .selectFrom('backbeat_jobs')
    .select(SUMMARY_COLUMNS)
    .where('retried_from_id', '=', id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(summaryOf)
}

/** A job's items in the order of their position. */
export async function listItems(
  db: Kysely<Tables>,
  id: string,
  filter: ItemFilter,
  page: PageRequest,
): Promise<Page<Item>> {
  let query = db
    .selectFrom('backbeat_items')
    .select(['key', 'position', 'status', 'attempts', 'error_type', 'error_message', 'at'])
    .where('job_id', '=', id)
    .orderBy('position')
    .orderBy('key')
    .limit(page.limit + 1)
  // The literal, not a parameter: it is what lets the index of failed items be used.
  if (filter.status === 'failed') query = query.where(sql<boolean>`status = 'failed'`)
  if (filter.status === 'successful') query = query.where('status', '=', 'successful')
  if (page.cursor !== undefined) {
    const [position, key] = decodeCursor(page.cursor, ['number', 'string'])
    query = query.where(sql<boolean>`(position, key) > (${position}, ${key})`)
  }
  return pageOf(await query.execute(), page.limit, itemOf, (row) => [row.position, row.key])
}

/** A job's log lines, oldest first unless the newest are wanted first. */
export async function listLogLines(db: Kysely<Tables>, id: string, request: LogRequest): Promise<Page<LogLine>> {
  const { limit, cursor, after, newestFirst = false } = request
  let query = db
    .selectFrom('backbeat_log_lines')
    .select(['id', 'at', 'level', 'message', 'fields'])
    .where('job_id', '=', id)
    .orderBy('id', newestFirst ? 'desc' : 'asc')
    .limit(limit + 1)
  if (after !== undefined) query = query.where('id', '>', after)
  if (cursor !== undefined) query = query.where('id', newestFirst ? '<' : '>', decodeCursor(cursor, ['number'])[0])
  return pageOf(await query.execute(), limit, logLineOf, (row) => [row.id])
}

/** Of so many workers of one job the versions are told, the latest ones. */
const MAX_WORKERS = 500

/** A job's attempts, oldest first: those on record, then the one in the job's own row. */
export async function listAttempts(db: Kysely<Tables>, id: string): Promise<Attempt[]> {
  // The job first: an attempt that ends in between is then listed once as running, never left out.
  const own = await db
    .selectFrom('backbeat_jobs')
    .select(['status', 'delivery', 'attempt', 'attempt_outcome', 'attempt_started_at', 'completed_at'])
    .select(['worker', 'error_type', 'error_message', 'traceback'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!own) return []
  const before = await db
    .selectFrom('backbeat_attempts')
    .select(ATTEMPT_COLUMNS)
    .where('job_id', '=', id)
    .where('ordinal', own.attempt_started_at === null ? '<=' : '<', own.delivery)
    .orderBy('ordinal')
    .execute()
  const latest = ownAttemptOf(own)
  const attempts = [...before.map(attemptOf), ...(latest ? [latest] : [])]
  const names = new Set(attempts.flatMap(({ worker }) => (worker === null ? [] : [worker])))
  const versions = await workerVersions(db, [...names].slice(-MAX_WORKERS))
  return attempts.map((attempt) => ({ ...attempt, workerVersion: versions.get(attempt.worker ?? '') ?? null }))
}
