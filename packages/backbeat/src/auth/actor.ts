import type { Json } from '../json.ts'
import type { NewAuditEntry } from '../store/store.ts'

/** Who changes something, and from where. */
export interface Actor {
  /** As the audit log names them: `manual:ana`, `api:ci-deploy`, `cli:root`. */
  name: string
  requestId: string | null
  address: string | null
}

export interface AuditNote {
  action: string
  subject: string
  before?: Json
  after?: Json
}

export function auditEntry(actor: Actor, { action, subject, before = null, after = null }: AuditNote): NewAuditEntry {
  const { name, requestId, address } = actor
  return { actor: name, action, subject, before, after, requestId, address }
}
