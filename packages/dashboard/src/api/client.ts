import { QueryClient } from '@tanstack/react-query'
import { BackbeatApiError, createBackbeatClient } from 'backbeat/client'
import { mountPath } from '../base.ts'
import { connection } from '../live/connection.ts'

/** How often what is not told by events is asked for again, in milliseconds. */
export const POLL_MS = 3000

export const client = createBackbeatClient({
  baseUrl: mountPath,
  async fetch(input, init) {
    try {
      const response = await fetch(input, init)
      if (response.status === 401 && !String(input).includes('/admin/session')) {
        void queryClient.invalidateQueries({ queryKey: ['session'] })
      }
      // Whether it is the database that does not answer is asked at once.
      if (response.status === 503 && !String(input).includes('/health')) {
        void queryClient.invalidateQueries({ queryKey: ['health'] })
      }
      connection.heard()
      return response
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) connection.lost()
      throw error
    }
  },
})

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // An answer that is an error stays one; only what did not arrive is asked for again.
      retry: (count, error) => !(error instanceof BackbeatApiError) && count < 1,
    },
  },
})

/** Whether the server answered that its database does not. */
export function isStoreFault(error: unknown): error is BackbeatApiError {
  return error instanceof BackbeatApiError && error.status === 503 && error.code.startsWith('store_')
}

/** What went wrong, in words for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The first entries of a list that is read page by page. */
export async function take<Entry>(entries: AsyncIterable<Entry>, count: number): Promise<Entry[]> {
  const taken: Entry[] = []
  for await (const entry of entries) {
    taken.push(entry)
    if (taken.length >= count) break
  }
  return taken
}
