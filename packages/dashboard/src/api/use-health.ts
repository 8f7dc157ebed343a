import { useQuery } from '@tanstack/react-query'
import type { Health } from 'backbeat/client'
import { useMay } from '../ui/session.tsx'
import { client, isStoreFault, messageOf, POLL_MS } from './client.ts'

const ASKED_EVERY_MS = 15_000

/** How the database is; `null` while that is not known. */
export function useHealth(): Health['store'] | null {
  const query = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => client.health({ signal }),
    enabled: useMay('background_tasks.view'),
    refetchInterval: ({ state }) => (state.error || state.data?.store.reachable === false ? POLL_MS : ASKED_EVERY_MS),
  })
  // Where the database has to be asked who it is that asks, it is that question which fails.
  if (isStoreFault(query.error)) {
    return { url: query.data?.store.url ?? '', reachable: false, latency_ms: null, error: messageOf(query.error) }
  }
  return query.data?.store ?? null
}
