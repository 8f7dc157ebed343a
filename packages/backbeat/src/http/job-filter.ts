import type { z } from '@hono/zod-openapi'
import { scopeOf } from '../access/decisions.ts'
import type { Principal } from '../access/principal.ts'
import type { JobFilter } from '../store/store.ts'
import type { jobFilterFields } from './schemas/requests.ts'

type Query = { [Name in keyof typeof jobFilterFields]?: z.infer<(typeof jobFilterFields)[Name]> }

/** What a request asks for, of what its sender may see. */
export function filterOf(query: Query, principal: Principal): JobFilter {
  return {
    scope: scopeOf(principal),
    ...(query.task_type !== undefined && { taskType: query.task_type }),
    ...(query.status !== undefined && { status: query.status }),
    ...(query.queue !== undefined && { queue: query.queue }),
    ...(query.q !== undefined && { q: query.q }),
    ...(query.tag !== undefined && { tag: query.tag }),
    ...(query.triggered_by !== undefined && { triggeredBy: query.triggered_by }),
    ...(query.from !== undefined && { from: query.from }),
    ...(query.to !== undefined && { to: query.to }),
  }
}
