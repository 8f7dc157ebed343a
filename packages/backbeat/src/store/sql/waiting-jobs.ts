import { type Kysely, sql } from 'kysely'
import { WAITING_SETS } from './job-sets.ts'
import type { Tables } from './tables.ts'

/** So many jobs are sorted in a few milliseconds. */
const FEW = 5000

/** Which of {@link WAITING_SETS} are so small that sorting them is quicker than looking for them in all of history. */
export async function fewWaiting(db: Kysely<Tables>): Promise<ReadonlySet<string>> {
  const counts = await WAITING_SETS.map((condition, set) => countUpToFew(db, condition, set))
    .reduce((union, one) => union.unionAll(one))
    .execute()
  return new Set(counts.filter(({ count }) => count < FEW).map(({ set }) => WAITING_SETS[set] as string))
}

/** Whether all of them are. */
export async function areFewWaiting(db: Kysely<Tables>): Promise<boolean> {
  return (await fewWaiting(db)).size === WAITING_SETS.length
}

function countUpToFew(db: Kysely<Tables>, condition: string, set: number) {
  return db
    .selectFrom((from) =>
      from
        .selectFrom('backbeat_jobs')
        .select('queue')
        .where(sql<boolean>`${sql.raw(condition)}`)
        .limit(FEW)
        .as('some'),
    )
    .select((some) => [sql<number>`${sql.lit(set)}`.as('set'), some.fn.countAll<number>().as('count')])
}
