import { type Kysely, sql } from 'kysely'
import type { JobFilter } from '../store.ts'
import { RESTING } from './job-sets.ts'
import type { Tables } from './tables.ts'

/** The tasks of all jobs that rest: one step along their index for each, however many jobs there are. */
export async function restingTaskTypes(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db
    .withRecursive('task_types', (with_) =>
      with_
        .selectFrom('backbeat_jobs')
        .select(({ fn }) => fn.min<string | null>('task_type').as('name'))
        .where(sql<boolean>`${sql.raw(RESTING)}`)
        .unionAll((from) =>
          from
            .selectFrom('task_types')
            .where('task_types.name', 'is not', null)
            .select((known) =>
              known
                .selectFrom('backbeat_jobs')
                .select(({ fn }) => fn.min<string | null>('task_type').as('name'))
                .where(sql<boolean>`${sql.raw(RESTING)}`)
                .whereRef('task_type', '>', 'task_types.name')
                .as('name'),
            ),
        ),
    )
    .selectFrom('task_types')
    .select('name')
    .where('name', 'is not', null)
    .execute()
  return rows.map(({ name }) => String(name))
}

/** Whether a filter's task is a pattern, such as `catalog.*`, and not a name. */
export function isPattern(taskType: JobFilter['taskType']): boolean {
  return taskType?.includes('*') === true
}
