import { type Kysely, sql } from 'kysely'
import type { JobSummary } from '../../job/job.ts'
import type { Count, JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { conditions } from './job-list.ts'
import { type JobPart, partsOf } from './job-sets.ts'
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
  // One walk for each part, as in a list by cursor: each is in the order of its index.
  const [first, ...others] = partsFor(filter).map((part) =>
    db
      .selectFrom((from) =>
        walk(from, dialect, filter, part)
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
  for (const part of partsFor(filter)) {
    const { count } = await db
      .selectFrom((from) =>
        walk(from, dialect, filter, part)
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

function walk(from: Pick<Kysely<Tables>, 'selectFrom'>, dialect: SqlDialect, filter: JobFilter, part: JobPart) {
  return from
    .selectFrom('backbeat_jobs')
    .select('id')
    .where(sql<boolean>`${sql.raw(part.condition)}`)
    .where((job) => job.and(conditions(job, dialect, filter)))
}
