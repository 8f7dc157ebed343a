import type { Kysely } from 'kysely'
import type {
  NewAuditEntry,
  NewUser,
  PasswordChange,
  User,
  UserChange,
  UserChanged,
  UserWithPassword,
} from '../access-records.ts'
import { auditSteps } from './access-audit.ts'
import { firstOf, type Now, rowsOf } from './access-steps.ts'
import type { UsersTable } from './access-tables.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

const MAX_USERS = 10_000
const SHOWN = ['id', 'name', 'role', 'created_at', 'disabled_at'] as const

export function* hasUsers(db: Kysely<Tables>): Steps<boolean> {
  const query = db.selectFrom('backbeat_users').select('id').where('disabled_at', 'is', null).limit(1)
  return (yield* firstOf(query)) !== undefined
}

export function* listUsers(db: Kysely<Tables>): Steps<User[]> {
  const query = db.selectFrom('backbeat_users').select(SHOWN).orderBy('name').limit(MAX_USERS)
  return (yield* rowsOf(query)).map(userOf)
}

export function* findUser(db: Kysely<Tables>, name: string): Steps<UserWithPassword | undefined> {
  const row = yield* firstOf(db.selectFrom('backbeat_users').selectAll().where('name', '=', name))
  return row && { ...userOf(row), passwordHash: row.password_hash }
}

export function* addUser(
  db: Kysely<Tables>,
  { id, name, role, passwordHash }: NewUser,
  audit: NewAuditEntry,
  now: Now,
): Steps<User | undefined> {
  const row = yield* firstOf(
    db
      .insertInto('backbeat_users')
      .values({ id, name, role, password_hash: passwordHash, created_at: now, disabled_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .returning(SHOWN),
  )
  if (!row) return undefined
  yield* auditSteps(db, audit, now)
  return userOf(row)
}

export function* changeUser(
  db: Kysely<Tables>,
  name: string,
  change: UserChange,
  audit: NewAuditEntry,
  now: Now,
): Steps<UserChanged> {
  const { role, passwordHash, disabled } = change
  const before = yield* firstOf(db.selectFrom('backbeat_users').select(SHOWN).where('name', '=', name))
  if (!before) return { kind: 'unknown' }
  const mayDemote = disabled === true || (role !== undefined && role !== 'admin')
  if (mayDemote && (yield* isLastAdmin(db, name))) return { kind: 'last_admin' }
  const after = yield* firstOf(
    db
      .updateTable('backbeat_users')
      .set({
        name,
        ...(role !== undefined && { role }),
        ...(passwordHash !== undefined && { password_hash: passwordHash }),
        ...(disabled !== undefined && { disabled_at: disabled ? now : null }),
      })
      .where('name', '=', name)
      .returning(SHOWN),
  )
  if (!after) return { kind: 'unknown' }
  if (passwordHash !== undefined || disabled) {
    yield* rowsOf(db.deleteFrom('backbeat_sessions').where('user_id', '=', after.id))
  }
  yield* auditSteps(db, audit, now)
  return { kind: 'changed', before: userOf(before), after: userOf(after) }
}

export function* changePassword(
  db: Kysely<Tables>,
  { userId, oldHash, newHash, keptSession }: PasswordChange,
  audit: NewAuditEntry,
  now: Now,
): Steps<boolean> {
  const changed = yield* firstOf(
    db
      .updateTable('backbeat_users')
      .set({ password_hash: newHash })
      .where('id', '=', userId)
      .where('password_hash', '=', oldHash)
      .returning('id'),
  )
  if (!changed) return false
  yield* rowsOf(db.deleteFrom('backbeat_sessions').where('user_id', '=', userId).where('hash', '<>', keptSession))
  yield* auditSteps(db, audit, now)
  return true
}

export function* replaceHash(db: Kysely<Tables>, id: string, oldHash: string, newHash: string): Steps<void> {
  yield* rowsOf(
    db
      .updateTable('backbeat_users')
      .set({ password_hash: newHash })
      .where('id', '=', id)
      .where('password_hash', '=', oldHash),
  )
}

/** By an update that changes nothing, so that two administrators who disable each other wait for one another. */
function* isLastAdmin(db: Kysely<Tables>, name: string): Steps<boolean> {
  const admins = yield* rowsOf(
    db
      .updateTable('backbeat_users')
      .set({ role: 'admin' })
      .where('role', '=', 'admin')
      .where('disabled_at', 'is', null)
      .returning('name'),
  )
  return admins.length === 1 && admins[0]?.name === name
}

export function userOf({ id, name, role, created_at, disabled_at }: Omit<UsersTable, 'password_hash'>): User {
  return { id, name, role, createdAt: created_at, disabledAt: disabled_at }
}
