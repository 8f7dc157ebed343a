import { type Kysely, sql } from 'kysely'
import type { JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { type JobPart, partsOf } from './job-sets.ts'
import { SUMMARY_COLUMNS } from './records.ts'
import type { Tables } from './tables.ts'
import { storableName } from './values.ts'
import { fewWaiting } from './waiting-jobs.ts'

/** A filter that asks for nothing which jobs would have to be looked at for. */
export type PlainFilter = Pick<JobFilter, 'status' | 'taskType'>

/** Which of them are wanted. */
export interface PlainPlace {
  /** Only those older than this one. */
  before?: string | undefined
  /** How many are passed over. */
  offset?: number
  limit: number
}

const NONE: ReadonlySet<string> = new Set()

/** Where the filter's jobs are. */
export function plainParts({ status, taskType }: PlainFilter): JobPart[] {
  return partsOf(status?.length ? status : undefined, taskType !== undefined)
}

/** The jobs of one part that are of the filter's task. */
export function jobsOfPart(
  from: Pick<Kysely<Tables>, 'selectFrom'>,
  { condition }: JobPart,
  { taskType }: PlainFilter,
) {
  return from
    .selectFrom('backbeat_jobs')
    .select('id')
    .where(sql<boolean>`${sql.raw(condition)}`)
    .$if(taskType !== undefined, (query) => query.where('task_type', '=', storableName(taskType as string)))
}

/** The rows of the filter's jobs, newest first. */
export async function newestPlain(
  { db, dialect }: { db: Kysely<Tables>; dialect: SqlDialect },
  filter: PlainFilter,
  { before, offset = 0, limit }: PlainPlace,
) {
  const parts = plainParts(filter)
  const few = parts.some(({ isWaiting }) => isWaiting) ? await fewWaiting(db) : NONE
  // One bounded walk for each part: a walk over several at once would have to sort all of history.
  const [first, ...others] = parts.map((part) => {
    // Left to itself, a database may walk all of history in its order for the few that wait: SQLite does, and
    // Postgres for as long as its statistics remember a backlog.
    const isSorted = part.set !== undefined && few.has(part.set)
    const id = isSorted ? dialect.unordered(sql.ref('id')) : sql<string>`id`
    return db
      .selectFrom((from) =>
        jobsOfPart(from, part, filter)
          .$if(before !== undefined, (query) => query.where(id, '<', before as string))
          .orderBy(id, 'desc')
          .limit(offset + limit)
          .as('matching'),
      )
      .select('matching.id')
  })
  const ids = others.reduce((union, one) => union.unionAll(one), first as NonNullable<typeof first>)
  return db
    .selectFrom('backbeat_jobs')
    .select(SUMMARY_COLUMNS)
    .where('id', 'in', ids.orderBy('id', 'desc').limit(limit).offset(offset))
    .orderBy('id', 'desc')
    .execute()
}
