import { type Kysely, sql } from 'kysely'
import { READY } from './job-sets.ts'
import type { Tables } from './tables.ts'

/** So many jobs are sorted in a few milliseconds. */
const FEW = 5000

/** Whether so few jobs are ready that sorting them is quicker than looking for them in all of history. */
export async function areFewReady(db: Kysely<Tables>): Promise<boolean> {
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
