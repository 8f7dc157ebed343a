import type { Kysely } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { Status } from '../../job/states.ts'
import type { Count, JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { matches } from './job-list.ts'
import { SUMMARY_COLUMNS, summaryOf } from './records.ts'
import type { Tables } from './tables.ts'

/** Jobs that match the filter, newest first, from the given place on. */
export async function listJobsFrom(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  filter: JobFilter,
  offset: number,
  limit: number,
): Promise<JobSummary[]> {
  // One walk for each status, as in a list by cursor: each is in the order of the index.
  const [first, ...others] = eachStatus(filter).map((status) =>
    db
      .selectFrom((from) =>
        walk(from, dialect, filter, status)
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
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('backbeat_jobs')
    .select(SUMMARY_COLUMNS)
    .where(
      'id',
      'in',
      ids.map(({ id }) => id),
    )
    .orderBy('id', 'desc')
    .execute()
  return rows.map(summaryOf)
}

/** How many jobs match the filter; not counted any further than up to a limit. */
export async function countJobs(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  filter: JobFilter,
  upTo: number,
): Promise<Count> {
  let value = 0
  for (const status of eachStatus(filter)) {
    const { count } = await db
      .selectFrom((from) =>
        walk(from, dialect, filter, status)
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

function eachStatus({ status }: JobFilter): (Status | undefined)[] {
  return status?.length ? [...new Set(status)] : [undefined]
}

function walk(
  from: Pick<Kysely<Tables>, 'selectFrom'>,
  dialect: SqlDialect,
  filter: JobFilter,
  status: Status | undefined,
) {
  return from
    .selectFrom('backbeat_jobs')
    .select('id')
    .where((job) => matches(job, dialect, filter))
    .$if(status !== undefined, (query) => query.where('status', '=', status as Status))
}
