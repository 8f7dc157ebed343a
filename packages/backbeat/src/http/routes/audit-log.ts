import type { z } from '@hono/zod-openapi'
import type { AuditEntry } from '../../store/store.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { AUDIT_LOG_PATH } from '../links.ts'
import { presentPage, timeOf } from '../presenters.ts'
import { type auditEntrySchema, auditPageSchema } from '../schemas/access.ts'
import { problems } from '../schemas/problem.ts'
import { auditLogQuery } from '../schemas/requests.ts'

const auditLogRoute = guardedRoute('background_tasks.admin', {
  method: 'get',
  path: AUDIT_LOG_PATH,
  operationId: 'listAuditLog',
  summary: 'Who changed what, newest first',
  tags: ['Access'],
  request: { query: auditLogQuery },
  responses: {
    200: {
      description: 'A page of entries.',
      content: { 'application/json': { schema: auditPageSchema } },
    },
    ...problems(422, 500, 503),
  },
})

export function addAuditLogRoute(app: HttpRouter, { store }: HttpParts): void {
  app.openapi(auditLogRoute, async (c) => {
    const { limit = 50, cursor, actor, action, subject } = c.req.valid('query')
    const filter = {
      ...(actor !== undefined && { actor }),
      ...(action !== undefined && { action }),
      ...(subject !== undefined && { subject }),
    }
    const page = { limit, ...(cursor !== undefined && { cursor }) }
    return c.json(presentPage(await store.access.auditLog(filter, page), presentEntry), 200)
  })
}

function presentEntry({ requestId, at, ...entry }: AuditEntry): z.infer<typeof auditEntrySchema> {
  return { ...entry, at: timeOf(at), request_id: requestId }
}
