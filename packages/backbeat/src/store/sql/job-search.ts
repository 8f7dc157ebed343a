import type { Kysely } from 'kysely'
import type { JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { type Walk, walk } from './job-walk.ts'
import { END, newer, older, type Positions } from './list-positions.ts'
import { SearchPlan, type Within } from './search-plan.ts'
import type { Tables } from './tables.ts'
import { boundsOf } from './time-bounds.ts'

/** For how long is looked. Times are in milliseconds. */
export interface Patience {
  /** How many jobs are looked at before it is known how long that takes. */
  firstWindow: number
  /** From the newest on. In this and what follows, at least one window is looked through. */
  walkMs: number
  /** Until it is looked no longer through those alone that have an error or a tag. */
  textMs: number
  /** For what an index is asked. */
  indexMs: number
  /** In all, but for what is under way then. */
  totalMs: number
}

/** An answer within 200 milliseconds. */
export const PATIENCE: Patience = { firstWindow: 2000, walkMs: 15, textMs: 45, indexMs: 80, totalMs: 125 }

export interface SearchParts {
  db: Kysely<Tables>
  dialect: SqlDialect
  within: Within
  patience: Patience
}

/** Ids of jobs that match, newest first, and how far was looked for them. */
export interface Found {
  ids: string[]
  positions: Positions
}

/**
 * Looks for jobs among any number of them, for a bounded time: first from the newest on, which finds
 * what is frequent; then among those that have a text at all; then by an index, which finds what is
 * rare; and for what no index tells, such as the middle of an id, from the newest on again.
 */
export async function searchJobs(
  { db, dialect, within, patience }: SearchParts,
  filter: JobFilter,
  from: Positions,
  enough: number,
  totalMs = patience.totalMs,
): Promise<Found> {
  const began = performance.now()
  const plan = new SearchPlan(db, dialect, filter)
  const bounds = await boundsOf(db, filter)
  const hits = new Set<string>()
  const look = async (walked: Pick<Walk, 'parts' | 'condition' | 'below'>, ms: number, lowest = bounds.lowest) => {
    const found = await walk(db, dialect, {
      ...walked,
      bounds: { ...bounds, lowest },
      enough,
      firstWindow: patience.firstWindow,
      until: began + Math.min(ms, totalMs),
    })
    for (const id of found.hits) hits.add(id)
    return found.position
  }

  const start = newer(from.indexed, from.walked)
  const first = await look(
    { parts: await plan.parts(), condition: plan.unread(from, start), below: start },
    patience.walkMs,
  )
  let { indexed, walked } = { indexed: older(from.indexed, first), walked: older(from.walked, first) }
  const found = (): Found => ({ ids: [...hits].sort().reverse(), positions: { indexed, walked } })
  if (first === END || hits.size >= enough) return found()

  if (!plan.hasIndexed) {
    const positions = { indexed, walked }
    const parts = await plan.narrowedParts()
    walked = await look({ parts, condition: plan.unread(positions, first), below: first }, totalMs)
    indexed = walked
    return found()
  }

  if (indexed !== END) indexed = await look({ ...plan.textual, below: indexed }, patience.textMs)
  if (indexed !== END && hits.size < enough && patience.indexMs > 0) {
    const left = Math.max(1, Math.min(patience.indexMs, Math.round(began + totalMs - performance.now())))
    const told = await plan.byIndex((query) => within(query, left), indexed, enough)
    for (const id of told ?? []) hits.add(id)
    if (!told) indexed = await look({ ...plan.textual, below: indexed }, totalMs)
    else indexed = told.length < enough ? END : (told.at(-1) as string)
  }
  if (walked === END) return found()
  const { isFarBehind, ...beside } = await plan.beside()
  // What is older than a full page need not be looked at for it.
  const full = found().ids[enough - 1]
  const lowest = newer(bounds.lowest ?? END, full ?? END) || undefined
  const end = await look({ ...beside, below: walked }, totalMs, lowest)
  walked = end === END && full !== undefined ? older(walked, full) : end
  if (isFarBehind) return found()

  // In the order of the list: what comes after something that is still to be found waits for it.
  const known = newer(indexed, walked) as string
  for (const id of hits) if (id < known) hits.delete(id)
  indexed = older(from.indexed, known)
  walked = older(from.walked, known)
  return found()
}
