import type { LogLine } from 'backbeat/client'
import { useCallback, useEffect, useRef, useState } from 'react'
import { client } from '../api/client.ts'

const PAGE = 200
/** More at once are not read on, but begun anew from the end. */
const MAX_PAGES = 5
/** A page holds no more lines than this; what is older can be asked for again. */
const MAX_LINES = 3000

export interface JobLog {
  /** Oldest first. */
  lines: readonly LogLine[]
  isLoaded: boolean
  hasEarlier: boolean
  loadEarlier: () => Promise<void>
}

interface Held {
  lines: readonly LogLine[]
  /** Where the lines before begin; `null` where there are none. */
  earlier: string | null
}

/**
 * The end of a job's log, and on from there as it is written.
 *
 * @param seenAt changes whenever there may be more
 */
export function useJobLog(id: string, seenAt: number): JobLog {
  const [held, setHeld] = useState<Held | null>(null)
  const latest = useRef<Held | null>(null)
  const reading = useRef<Promise<void>>(Promise.resolve())
  const isWanted = useRef(true)

  const keep = useCallback((next: Held) => {
    if (!isWanted.current) return
    latest.current = next
    setHeld(next)
  }, [])

  const readOn = useCallback(async () => {
    const known = latest.current
    const last = known?.lines.at(-1)
    if (!known || !last || known.lines.length > MAX_LINES) return keep(await endOf(id))
    const newer: LogLine[] = []
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { items, next_cursor } = await client.logPage(id, { after: newer.at(-1)?.id ?? last.id, limit: PAGE })
      newer.push(...items)
      if (next_cursor === null) {
        if (newer.length > 0) keep({ ...known, lines: [...known.lines, ...newer] })
        return
      }
    }
    keep(await endOf(id))
  }, [id, keep])

  useEffect(() => {
    isWanted.current = true
    return () => {
      isWanted.current = false
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: read on whenever there may be more
  useEffect(() => {
    // One after the other, so that no line comes twice. What fails is asked for again with the next change.
    reading.current = reading.current.then(readOn).catch(() => {})
  }, [readOn, seenAt])

  const loadEarlier = useCallback(async () => {
    const read = async () => {
      const known = latest.current
      if (!known?.earlier) return
      const { items, next_cursor } = await client.logPage(id, { order: 'newest', cursor: known.earlier, limit: PAGE })
      keep({ lines: [...items.toReversed(), ...known.lines], earlier: next_cursor })
    }
    reading.current = reading.current.then(read).catch(() => {})
    await reading.current
  }, [id, keep])

  return { lines: held?.lines ?? [], isLoaded: held !== null, hasEarlier: held?.earlier != null, loadEarlier }
}

async function endOf(id: string): Promise<Held> {
  const { items, next_cursor } = await client.logPage(id, { order: 'newest', limit: PAGE })
  return { lines: items.toReversed(), earlier: next_cursor }
}
