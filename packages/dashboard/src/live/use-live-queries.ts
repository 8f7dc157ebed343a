import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { POLL_MS } from '../api/client.ts'
import { Batch } from './batch.ts'
import { useConnectionMode } from './connection.ts'
import { openFeed } from './feed.ts'

/** How often counts are asked for again while jobs change, at most, in milliseconds. */
const ASKED_EVERY_MS = 2000
/** How often what events do not tell is asked for while they arrive: what grows old by itself. */
const UNTOLD_EVERY_MS = 15_000

/** Asks for what a screen shows again whenever jobs change. */
export function useLiveQueries(...names: string[]): void {
  const queries = useQueryClient()
  const wanted = names.join()
  useEffect(() => {
    const ask = async () => {
      await Promise.all(wanted.split(',').map((name) => queries.invalidateQueries({ queryKey: [name] })))
    }
    const changed = new Batch<null>(ASKED_EVERY_MS, () => void ask())
    const close = openFeed({}, { onChanges: () => changed.add(null), onReset: () => changed.add(null), poll: ask })
    return () => {
      close()
      changed.clear()
    }
  }, [queries, wanted])
}

/** How often to ask for what events tell: every three seconds only while they do not arrive. */
export function useAskedEvery(): number {
  return useConnectionMode() === 'live' ? UNTOLD_EVERY_MS : POLL_MS
}
