import { EXPIRED_REASON, type Restrictions } from '../../job/admission.ts'
import { RUNNING, WAITING } from '../sql/job-sets.ts'
import type { Tidied } from '../store.ts'
import type { SqliteConnection } from './connection.ts'
import { slotsTaken, unblock } from './slots.ts'

/** So many at most in one transaction, so that nobody waits long for it. */
const BATCH = 1000

const EXPIRE = `
  UPDATE backbeat_jobs SET
    status = 'cancelled', ready = 0, blocked_by = NULL, completed_at = ?1, cancel_reason = '${EXPIRED_REASON}'
  WHERE id IN (
    SELECT id FROM backbeat_jobs INDEXED BY backbeat_jobs_expiry
    WHERE expires_at IS NOT NULL AND ${WAITING} AND expires_at <= ?1
    ORDER BY expires_at LIMIT ${BATCH}
  )
  RETURNING id`

const FIRST_BLOCKING_KEY = `SELECT min(blocked_by) AS key FROM backbeat_jobs WHERE blocked_by IS NOT NULL`
const NEXT_BLOCKING_KEY = `SELECT min(blocked_by) AS key FROM backbeat_jobs WHERE blocked_by > ?`
const ONE_BLOCKED = `SELECT restrictions FROM backbeat_jobs WHERE blocked_by = ? LIMIT 1`

/** A job that lost its slots with its worker's memory of them holds none: its row says that it runs no more. */
const DROP_STALE_SLOTS = `
  DELETE FROM backbeat_slots WHERE job_id NOT IN (
    SELECT id FROM backbeat_jobs INDEXED BY backbeat_jobs_running WHERE ${RUNNING}
  )`

/** A tenant whose turn the queue's clock has passed is as good as new. */
const FORGET_TENANTS = `
  DELETE FROM backbeat_tenants WHERE tenant <> '' AND turn < (
    SELECT turn FROM backbeat_tenants AS clock WHERE clock.queue = backbeat_tenants.queue AND clock.tenant = ''
  )`

const FORGET_PERIODS = `DELETE FROM backbeat_unique_periods WHERE until <= ?`

/** Called inside a transaction. */
export function tidy(connection: SqliteConnection, now: number): Tidied {
  const expired = connection.statement(EXPIRE).all(now)
  for (const { id } of expired) connection.noteChange(String(id))
  connection.statement(DROP_STALE_SLOTS).run()
  connection.statement(FORGET_TENANTS).run()
  connection.statement(FORGET_PERIODS).run(now)
  return { expired: expired.length, unblocked: unblockWhereThereIsRoom(connection) }
}

function unblockWhereThereIsRoom(connection: SqliteConnection): number {
  let unblocked = 0
  let key = connection.statement(FIRST_BLOCKING_KEY).get()?.key
  while (typeof key === 'string') {
    const room = limitOf(connection, key) - slotsTaken(connection, key)
    if (room > 0) unblocked += unblock(connection, key, room)
    key = connection.statement(NEXT_BLOCKING_KEY).get(key)?.key
  }
  return unblocked
}

function limitOf(connection: SqliteConnection, key: string): number {
  const row = connection.statement(ONE_BLOCKED).get(key)
  const restrictions = JSON.parse(String(row?.restrictions ?? 'null')) as Restrictions | null
  return restrictions?.concurrency.find((limit) => limit.key === key)?.limit ?? 1
}
