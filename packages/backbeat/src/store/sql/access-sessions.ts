import { type Kysely, sql } from 'kysely'
import type { AttemptCount, NewAuditEntry, NewSession, User } from '../access-records.ts'
import { auditSteps } from './access-audit.ts'
import { firstOf, later, type Now, rowsOf } from './access-steps.ts'
import { userOf } from './access-users.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

/** That something was used is written at most this often. */
export const USE_INTERVAL_MS = 60_000

export function* addSession(
  db: Kysely<Tables>,
  { hash, userId, lifetimeMs }: NewSession,
  replaces: string | null,
  audit: NewAuditEntry,
  now: Now,
): Steps<void> {
  yield* rowsOf(db.deleteFrom('backbeat_sessions').where('expires_at', '<=', now))
  if (replaces !== null) yield* rowsOf(db.deleteFrom('backbeat_sessions').where('hash', '=', replaces))
  const session = { hash, user_id: userId, created_at: now, used_at: now, expires_at: later(now, lifetimeMs) }
  yield* rowsOf(db.insertInto('backbeat_sessions').values(session))
  yield* auditSteps(db, audit, now)
}

export function* findSession(
  db: Kysely<Tables>,
  hash: string,
  idleMs: number,
  now: Now,
): Steps<{ user: User; isUseKnown: boolean } | undefined> {
  const row = yield* firstOf(
    db
      .selectFrom('backbeat_sessions as session')
      .innerJoin('backbeat_users as user', 'user.id', 'session.user_id')
      .select(['user.id', 'user.name', 'user.role', 'user.created_at', 'user.disabled_at'])
      .select(
        sql<number>`CASE WHEN session.used_at > ${later(now, -USE_INTERVAL_MS)} THEN 1 ELSE 0 END`.as('is_use_known'),
      )
      .where('session.hash', '=', hash)
      .where('user.disabled_at', 'is', null)
      .where('session.expires_at', '>', now)
      .where('session.used_at', '>', later(now, -idleMs)),
  )
  return row && { user: userOf(row), isUseKnown: Number(row.is_use_known) === 1 }
}

export function* noteSessionUse(db: Kysely<Tables>, hash: string, now: Now): Steps<void> {
  yield* rowsOf(db.updateTable('backbeat_sessions').set({ used_at: now }).where('hash', '=', hash))
}

export function* removeSession(db: Kysely<Tables>, hash: string, audit: NewAuditEntry, now: Now): Steps<void> {
  yield* rowsOf(db.deleteFrom('backbeat_sessions').where('hash', '=', hash))
  yield* auditSteps(db, audit, now)
}

/** One statement for each key, so that however many come at once, each is counted. */
export function* countAttempts(
  db: Kysely<Tables>,
  keys: readonly string[],
  windowMs: number,
  now: Now,
): Steps<AttemptCount[]> {
  yield* rowsOf(db.deleteFrom('backbeat_sign_in_attempts').where('since', '<=', later(now, -windowMs)))
  const counts: AttemptCount[] = []
  // In one order, so that two transactions never wait for each other.
  for (const key of keys.toSorted()) {
    const row = yield* firstOf(
      db
        .insertInto('backbeat_sign_in_attempts')
        .values({ key, count: 1, since: now })
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet({ count: sql<number>`backbeat_sign_in_attempts.count + 1` }),
        )
        .returning(['count', sql<number>`since - ${later(now, -windowMs)}`.as('resets_in')]),
    )
    if (row) counts.push({ key, count: row.count, resetsInMs: Number(row.resets_in) })
  }
  return counts
}

export function* forgetAttempts(db: Kysely<Tables>, key: string): Steps<void> {
  yield* rowsOf(db.deleteFrom('backbeat_sign_in_attempts').where('key', '=', key))
}
