import type { PageRequest } from '../../store/store.ts'

/** The page that a query asks for; what it leaves out, the client decides. */
export function pageRequestOf(query: {
  limit?: number | undefined
  cursor?: string | undefined
}): Partial<PageRequest> {
  return {
    ...(query.limit !== undefined && { limit: query.limit }),
    ...(query.cursor !== undefined && { cursor: query.cursor }),
  }
}
