import { type Kysely, sql } from 'kysely'
import { DELAYED, READY } from './job-sets.ts'
import type { Tables } from './tables.ts'

/** So many jobs are sorted in a few milliseconds. */
const FEW = 5000

/** Whether so few jobs are ready that sorting them is quicker than looking for them in all of history. */
export function areFewReady(db: Kysely<Tables>): Promise<boolean> {
  return areFew(db, READY)
}

/** Whether so few are ready, and so few wait for a later time. */
export async function areFewWaiting(db: Kysely<Tables>): Promise<boolean> {
  return (await areFew(db, READY)) && (await areFew(db, DELAYED))
}

async function areFew(db: Kysely<Tables>, condition: string): Promise<boolean> {
  const { count } = await db
    .selectFrom((from) =>
      from
        .selectFrom('backbeat_jobs')
        .select('queue')
        .where(sql<boolean>`${sql.raw(condition)}`)
        .limit(FEW)
        .as('some'),
    )
    .select((some) => some.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count < FEW
}
