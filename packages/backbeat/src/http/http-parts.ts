import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Principal } from '../access/principal.ts'
import type { Client } from '../client/client.ts'
import type { Json } from '../json.ts'
import type { Store } from '../store/store.ts'
import type { TaskRegistry } from '../task/registry.ts'
import type { Links } from './links.ts'

/** What routes work with. */
export interface HttpParts {
  client: Client
  store: Store
  registry: TaskRegistry
  links: Links
  /** The longest body that is read. */
  maxBodyBytes: number
  /** What a worker of this application starts with, for people to read. */
  workerSettings: Record<string, Json>
}

export interface HttpEnv {
  Variables: {
    /** Who asks; known on every route that is not public. */
    principal: Principal
  }
}

export type HttpRouter = OpenAPIHono<HttpEnv>
