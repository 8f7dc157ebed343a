import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Client } from '../client/client.ts'
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
}

/** Who asks. */
export interface Principal {
  /** The name of the token, as `triggered_by` records it. */
  name: string
}

export interface HttpEnv {
  Variables: {
    /** Who asks; set by the bearer check on every route that is not public. */
    principal: Principal
  }
}

export type HttpRouter = OpenAPIHono<HttpEnv>
