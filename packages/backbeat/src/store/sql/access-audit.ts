import type { Kysely } from 'kysely'
import { storableText } from '../../text.ts'
import type { AuditEntry, AuditFilter, NewAuditEntry } from '../access-records.ts'
import type { Page, PageRequest } from '../paging.ts'
import { type Now, rowsOf } from './access-steps.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'
import { fromJsonText, storableName, toJsonText } from './values.ts'

const MAX_ADDRESS_LENGTH = 100

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
