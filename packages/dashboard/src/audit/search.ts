/** What the audit log is narrowed down to, as the address says it. */
export interface AuditSearch {
  actor?: string
  action?: string
  subject?: string
}

export function auditSearchOf(search: Record<string, unknown>): AuditSearch {
  const given = (['actor', 'action', 'subject'] as const).flatMap((name) => {
    const value = search[name]
    return value === undefined || value === '' ? [] : [[name, String(value)]]
  })
  return Object.fromEntries(given)
}
