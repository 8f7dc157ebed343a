import type { Kysely } from 'kysely'
import { storableText } from '../../text.ts'
import type { AuditEntry, AuditFilter, NewAuditEntry } from '../access-records.ts'
import type { Page, PageRequest } from '../paging.ts'
import { firstOf, later, type Now, rowsOf } from './access-steps.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'
import { fromJsonText, storableName, toJsonText } from './values.ts'

const MAX_ADDRESS_LENGTH = 100
/** So many at most in one transaction, so that nobody waits long for it. */
const PRUNED_AT_ONCE = 1000

export function* auditSteps(db: Kysely<Tables>, entry: NewAuditEntry, now: Now): Steps<void> {
  const { actor, action, subject, before, after, requestId, address } = entry
  yield* rowsOf(
    db.insertInto('backbeat_audit_log').values({
      at: now,
      actor: storableName(actor),
      action: storableName(action),
      subject: storableName(subject),
      before: toJsonText(before),
      after: toJsonText(after),
      request_id: requestId && storableName(requestId),
      address: address && storableText(address, MAX_ADDRESS_LENGTH),
    }),
  )
}

export function* listAudit(db: Kysely<Tables>, filter: AuditFilter, page: PageRequest): Steps<Page<AuditEntry>> {
  let query = db
    .selectFrom('backbeat_audit_log')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  for (const column of ['actor', 'action', 'subject'] as const) {
    const value = filter[column]
    if (value !== undefined) query = query.where(column, '=', storableName(value))
  }
  if (page.cursor !== undefined) query = query.where('id', '<', decodeCursor(page.cursor, ['number'])[0])
  const rows = yield* rowsOf(query)
  return pageOf(
    rows,
    page.limit,
    ({ id, at, actor, action, subject, before, after, request_id, address }): AuditEntry => ({
      id,
      at,
      actor,
      action,
      subject,
      before: fromJsonText(before),
      after: fromJsonText(after),
      requestId: request_id,
      address,
    }),
    ({ id }) => [id],
  )
}

/** Whether the oldest entry is older, so that nothing is written where there is nothing to prune. */
export function* hasOldAudit(db: Kysely<Tables>, keepMs: number, now: Now): Steps<boolean> {
  const oldest = db.selectFrom('backbeat_audit_log').select('at').orderBy('id').limit(1).as('oldest')
  const query = db.selectFrom(oldest).select('at').where('at', '<', later(now, -keepMs))
  return (yield* firstOf(query)) !== undefined
}

/** Ids rise with time, so those who are old are found without an index on it. */
export function* pruneAudit(db: Kysely<Tables>, keepMs: number, now: Now): Steps<number> {
  const oldest = db.selectFrom('backbeat_audit_log').select(['id', 'at']).orderBy('id').limit(PRUNED_AT_ONCE)
  const old = db.selectFrom(oldest.as('oldest')).select('id').where('at', '<', later(now, -keepMs))
  const pruned = yield* rowsOf(db.deleteFrom('backbeat_audit_log').where('id', 'in', old).returning('id'))
  return pruned.length
}
