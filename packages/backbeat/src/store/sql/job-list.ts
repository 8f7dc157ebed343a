import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { JobFilter, JobScope, Page, PageRequest } from '../store.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import type { SqlDialect } from './dialect.ts'
import { type JobPart, partsOf, READY } from './job-sets.ts'
import { SUMMARY_COLUMNS, summaryOf } from './records.ts'
import type { Tables } from './tables.ts'
import { taskMatches } from './task-patterns.ts'
import { storableName } from './values.ts'

/** So many jobs are sorted in a few milliseconds. */
const FEW = 5000

/** Jobs that match the filter, newest first. */
export async function listJobs(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  filter: JobFilter,
  page: PageRequest,
): Promise<Page<JobSummary>> {
  const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor, ['string'])[0]
  const statuses = filter.status?.length ? filter.status : undefined
  const [first, ...others] = partsOf(statuses, filter.taskType !== undefined) as [JobPart, ...JobPart[]]

  const sortsWaiting = dialect.followsAnyOrder && (await areFewReady(db))

  // One bounded walk for each part: a walk over several at once would have to sort all of history.
  const matching = ({ condition, isWaiting }: JobPart) =>
    db
      .selectFrom((from) =>
        from
          .selectFrom('backbeat_jobs')
          .select('id')
          .where(sql<boolean>`${sql.raw(condition)}`)
          .where((job) => job.and(conditions(job, dialect, filter)))
          .$if(after !== undefined, (query) => query.where('id', '<', after as string))
          .orderBy(isWaiting && sortsWaiting ? sql`+id` : 'id', 'desc')
          .limit(page.limit + 1)
          .as('matching'),
      )
      .select('matching.id')

  const ids = others.reduce((union, part) => union.unionAll(matching(part)), matching(first))
  const rows = await db
    .selectFrom('backbeat_jobs')
    .select(SUMMARY_COLUMNS)
    .where('id', 'in', ids)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page.limit, summaryOf, (row) => [row.id])
}

/** Whether so few jobs are ready that sorting them is quicker than looking for them in all of history. */
async function areFewReady(db: Kysely<Tables>): Promise<boolean> {
  const { count } = await db
    .selectFrom((from) =>
      from
        .selectFrom('backbeat_jobs')
        .select('queue')
        .where(sql<boolean>`${sql.raw(READY)}`)
        .limit(FEW)
        .as('ready'),
    )
    .select((ready) => ready.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count < FEW
}

/** What the filter asks for, but for the states. */
export function conditions(job: ExpressionBuilder<Tables, 'backbeat_jobs'>, dialect: SqlDialect, filter: JobFilter) {
  const { taskType, queue, tag, triggeredBy, from, to, q, scope } = filter
  return [
    taskType !== undefined && job('task_type', '=', storableName(taskType)),
    queue !== undefined && job('queue', '=', storableName(queue)),
    triggeredBy !== undefined && job('triggered_by', '=', storableName(triggeredBy)),
    from !== undefined && job('created_at', '>=', from),
    to !== undefined && job('created_at', '<', to),
    scope && inScope(job, scope),
    tag !== undefined && anyTag(job, dialect, sql`value = ${storableName(tag)}`),
    q !== undefined &&
      job.or([
        dialect.contains(job.ref('task_type'), q),
        dialect.contains(job.ref('id'), q),
        dialect.contains(job.ref('error_message'), q),
        anyTag(job, dialect, dialect.contains(sql<string>`value`, q)),
      ]),
  ].filter((condition) => typeof condition === 'object' && condition !== null)
}

/** The condition that somebody may see a job. */
function inScope(job: ExpressionBuilder<Tables, 'backbeat_jobs'>, { tasks, startedBy }: JobScope) {
  return job.or([job('triggered_by', '=', storableName(startedBy)), ...taskMatches(tasks)])
}

function anyTag(
  job: ExpressionBuilder<Tables, 'backbeat_jobs'>,
  dialect: SqlDialect,
  condition: ReturnType<typeof sql>,
) {
  const entries = dialect.entriesOf(job.ref('tags'))
  return sql<boolean>`(tags <> '[]' AND EXISTS (SELECT 1 FROM ${entries} WHERE ${condition}))`
}
