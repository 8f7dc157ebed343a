import type { Kysely } from 'kysely'
import type { JobFilter } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import { walk } from './job-walk.ts'
import { END, newer, older, type Positions } from './list-positions.ts'
import { SearchPlan, type Within } from './search-plan.ts'
import type { Tables } from './tables.ts'
import { boundsOf } from './time-bounds.ts'

/** For how long is looked. Times are in milliseconds. */
export interface Patience {
  /** How many jobs are looked at before it is known how long that takes. */
  firstWindow: number
  /** From the newest on, before an index is asked. */
  walkMs: number
  /** For what an index is asked. */
  indexMs: number
  /** In all, but for what is under way then. */
  totalMs: number
}

/** An answer within 200 milliseconds. */
export const PATIENCE: Patience = { firstWindow: 2000, walkMs: 25, indexMs: 100, totalMs: 130 }

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
 * what is frequent; then by an index, which finds what is rare; and for what no index tells, such as
 * the middle of an id, from the newest on again.
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
  const look = { bounds, enough, firstWindow: patience.firstWindow }
  const until = began + totalMs

  const start = newer(from.indexed, from.walked)
  const first = await walk(db, dialect, {
    ...look,
    parts: plan.parts,
    condition: plan.unread(from, start),
    below: start,
    until: Math.min(until, began + patience.walkMs),
  })
  const hits = new Set(first.hits)
  const positions = { indexed: older(from.indexed, first.position), walked: older(from.walked, first.position) }
  const found = (): Found => ({ ids: [...hits].sort().reverse(), positions })
  if (first.position === END || hits.size >= enough) return found()

  const indexed = await plan.byIndex((query) => within(query, patience.indexMs), positions.indexed, enough)
  if (!indexed && positions.indexed !== END) {
    const more = await walk(db, dialect, {
      ...look,
      parts: await plan.narrowedParts(),
      condition: plan.unread(positions, first.position),
      below: first.position,
      until,
    })
    for (const id of more.hits) hits.add(id)
    positions.indexed = older(positions.indexed, more.position)
    positions.walked = older(positions.walked, more.position)
    return found()
  }

  for (const id of indexed?.hits ?? []) hits.add(id)
  positions.indexed = indexed?.position ?? END
  if (positions.walked === END) return found()
  const beside = await plan.besideIndex()
  // What is older than a full page need not be looked at for it.
  const full = found().ids[enough - 1]
  const lowest = newer(bounds.lowest ?? END, full ?? END) || undefined
  if (!beside) positions.walked = END
  else {
    const rest = await walk(db, dialect, {
      ...look,
      ...beside,
      bounds: { ...bounds, lowest },
      below: positions.walked,
      until,
    })
    for (const id of rest.hits) hits.add(id)
    positions.walked = rest.position === END && full !== undefined ? older(positions.walked, full) : rest.position
  }
  return found()
}
