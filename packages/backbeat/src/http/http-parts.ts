import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import type { Principal } from '../access/principal.ts'
import type { AuditNote } from '../auth/actor.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { Tokens } from '../auth/tokens.ts'
import type { Users } from '../auth/users.ts'
import type { Client } from '../client/client.ts'
import type { Json } from '../json.ts'
import type { AuditRecords, Store } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import type { Links } from './links.ts'

/** What routes work with. */
export interface HttpParts {
  client: Client
  store: Store
  registry: TaskRegistry
  links: Links
  users: Users
  tokens: Tokens
  sessions: Sessions
  /** The longest body that is read. */
  maxBodyBytes: number
  /** What a worker of this application starts with, for people to read. */
  workerSettings: Record<string, Json>
}

export interface HttpEnv {
  Variables: {
    /** Who asks; known on every route that is not public. */
    principal: Principal
    /** What this request is called in the log and the audit log. */
    requestId: string
    /** Where it comes from, as far as that is known. */
    address: string | null
    /** Writes to the audit log. */
    audit: AuditRecords
    /** What a handler changed, for the audit log; without it the log says only which route was asked. */
    change?: Partial<AuditNote>
    /** The change is in the audit log already. */
    isAudited?: boolean
    log: Logger
  }
}

export type HttpRouter = OpenAPIHono<HttpEnv>
