import { type Kysely, sql } from 'kysely'
import type { ApiToken, NewApiToken, NewAuditEntry } from '../access-records.ts'
import { auditSteps } from './access-audit.ts'
import { USE_INTERVAL_MS } from './access-sessions.ts'
import { firstOf, later, type Now, rowsOf } from './access-steps.ts'
import type { TokensTable } from './access-tables.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

const MAX_TOKENS = 10_000
const SHOWN = [
  'id',
  'name',
  'permission',
  'tasks',
  'created_at',
  'created_by',
  'expires_at',
  'revoked_at',
  'used_at',
] as const

export function* listTokens(db: Kysely<Tables>): Steps<ApiToken[]> {
  const query = db.selectFrom('backbeat_tokens').select(SHOWN).orderBy('name').limit(MAX_TOKENS)
  return (yield* rowsOf(query)).map(tokenOf)
}

export function* addToken(
  db: Kysely<Tables>,
  token: NewApiToken,
  audit: NewAuditEntry,
  now: Now,
): Steps<ApiToken | undefined> {
  const row = yield* firstOf(
    db
      .insertInto('backbeat_tokens')
      .values({
        id: token.id,
        name: token.name,
        hash: token.hash,
        permission: token.permission,
        tasks: token.tasks && JSON.stringify(token.tasks),
        created_at: now,
        created_by: token.createdBy,
        expires_at: token.lifetimeMs === null ? null : later(now, token.lifetimeMs),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning(SHOWN),
  )
  if (!row) return undefined
  yield* auditSteps(db, audit, now)
  return tokenOf(row)
}

export function* revokeToken(
  db: Kysely<Tables>,
  name: string,
  audit: NewAuditEntry,
  now: Now,
): Steps<'revoked' | 'already_revoked' | 'unknown'> {
  const revoked = yield* firstOf(
    db
      .updateTable('backbeat_tokens')
      .set({ revoked_at: now })
      .where('name', '=', name)
      .where('revoked_at', 'is', null)
      .returning('id'),
  )
  if (revoked) {
    yield* auditSteps(db, audit, now)
    return 'revoked'
  }
  const known = yield* firstOf(db.selectFrom('backbeat_tokens').select('id').where('name', '=', name))
  return known ? 'already_revoked' : 'unknown'
}

export function* findToken(
  db: Kysely<Tables>,
  hash: string,
  now: Now,
): Steps<{ token: ApiToken; isUseKnown: boolean } | undefined> {
  const row = yield* firstOf(
    db
      .selectFrom('backbeat_tokens')
      .select(SHOWN)
      .select(sql<number>`CASE WHEN used_at > ${later(now, -USE_INTERVAL_MS)} THEN 1 ELSE 0 END`.as('is_use_known'))
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .where((token) => token.or([token('expires_at', 'is', null), token('expires_at', '>', now)])),
  )
  return row && { token: tokenOf(row), isUseKnown: Number(row.is_use_known) === 1 }
}

export function* noteTokenUse(db: Kysely<Tables>, id: string, now: Now): Steps<void> {
  yield* rowsOf(db.updateTable('backbeat_tokens').set({ used_at: now }).where('id', '=', id))
}

function tokenOf(row: Omit<TokensTable, 'hash'>): ApiToken {
  return {
    id: row.id,
    name: row.name,
    permission: row.permission,
    tasks: row.tasks === null ? null : JSON.parse(row.tasks),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.used_at,
  }
}
