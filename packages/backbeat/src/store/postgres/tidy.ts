import { EXPIRED_REASON, type Restrictions } from '../../job/admission.ts'
import { WAITING } from '../sql/job-sets.ts'
import type { Tidied } from '../store.ts'
import type { PostgresConnection } from './connection.ts'
import { type JournalSql, journalReadSql, journalSql, pruneJournal } from './journal.ts'
import { lockName, lockNames, type SlotSql, slotSql, unblock } from './slots.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** So many at most in one statement, so that nobody waits long for it. */
const BATCH = 1000

export type TidySql = ReturnType<typeof tidySql>

export function tidySql(tables: TableNames) {
  const { jobs, slots, tenants, uniquePeriods } = tables
  return {
    slot: slotSql(tables) satisfies SlotSql,
    journal: journalReadSql(tables) satisfies JournalSql,

    expire: `
      WITH expired AS (
        UPDATE ${jobs} SET
          status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ${NOW}, cancel_reason = '${EXPIRED_REASON}'
        WHERE id = ANY(ARRAY(
          SELECT id FROM ${jobs}
          WHERE expires_at IS NOT NULL AND ${WAITING} AND expires_at <= ${NOW}
          ORDER BY expires_at LIMIT ${BATCH} FOR NO KEY UPDATE SKIP LOCKED
        ))
        RETURNING id
      ),
      noted AS (${journalSql(tables, 'expired')})
      SELECT FROM expired`,

    /** A slot comes and goes in the transaction in which its job starts and ends, so one without the other is stale. */
    dropStaleSlots: `
      DELETE FROM ${slots} AS slot WHERE NOT EXISTS (
        SELECT FROM ${jobs} AS job WHERE job.id = slot.job_id::uuid AND job.status = 'running'
      )`,

    /** A tenant whose turn the queue's clock has passed is as good as new. */
    forgetTenants: `
      DELETE FROM ${tenants} WHERE (queue, tenant) IN (
        SELECT known.queue, known.tenant FROM ${tenants} AS known
        JOIN ${tenants} AS clock ON clock.queue = known.queue AND clock.tenant = ''
        WHERE known.tenant <> '' AND known.turn < clock.turn
        LIMIT ${BATCH} FOR UPDATE OF known SKIP LOCKED
      )`,

    forgetPeriods: `
      DELETE FROM ${uniquePeriods} WHERE key IN (
        SELECT key FROM ${uniquePeriods} WHERE until <= ${NOW} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
      )`,

    /** A walk from key to key along the index; with each, the restrictions of one job that waits for it. */
    blocking: `
      WITH RECURSIVE keys AS (
        (SELECT blocked_by AS key FROM ${jobs} WHERE blocked_by IS NOT NULL ORDER BY blocked_by LIMIT 1)
        UNION ALL
        SELECT (
          SELECT next.blocked_by FROM ${jobs} AS next WHERE next.blocked_by > keys.key ORDER BY next.blocked_by LIMIT 1
        ) FROM keys WHERE keys.key IS NOT NULL
      )
      SELECT key, (SELECT restrictions FROM ${jobs} WHERE blocked_by = keys.key LIMIT 1) AS restrictions,
        (SELECT count(*) FROM ${slots} AS slot WHERE slot.key = keys.key) AS taken
      FROM keys WHERE key IS NOT NULL`,

    taken: `SELECT count(*) AS taken FROM ${slots} WHERE key = $1`,
  }
}

/** Several may tidy at once: each step is a transaction of its own, and leaves alone what others are at. */
export async function tidy(connection: PostgresConnection, sql: TidySql, time: StoreTime): Promise<Tidied> {
  const { rowCount: expired } = await connection.run(sql.expire, [time.parameter])
  await connection.run(sql.dropStaleSlots)
  await connection.run(sql.forgetTenants)
  await connection.run(sql.forgetPeriods, [time.parameter])
  await pruneJournal(connection, sql.journal, time)
  return { expired, unblocked: await unblockWhereThereIsRoom(connection, sql) }
}

async function unblockWhereThereIsRoom(connection: PostgresConnection, sql: TidySql): Promise<number> {
  const { rows } = await connection.run<{ key: string; restrictions: string | null; taken: number }>(sql.blocking)
  let unblocked = 0
  for (const { key, restrictions, taken } of rows) {
    const limit = limitOf(key, restrictions)
    if (taken >= limit) continue
    unblocked += await connection.transaction(async (session) => {
      await lockNames(session, [lockName(sql.slot.slots, key)])
      const counted = await session.run<{ taken: number }>(sql.taken, [key])
      const room = limit - (counted.rows[0]?.taken ?? 0)
      return room > 0 ? unblock(session, sql.slot, new Map([[key, room]])) : 0
    })
  }
  return unblocked
}

function limitOf(key: string, text: string | null): number {
  const restrictions = JSON.parse(text ?? 'null') as Restrictions | null
  return restrictions?.concurrency.find((limit) => limit.key === key)?.limit ?? 1
}
