import { setImmediate as breathe } from 'node:timers/promises'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { SqlDialect } from './dialect.ts'
import type { JobPart } from './job-sets.ts'
import { END } from './list-positions.ts'
import type { Tables } from './tables.ts'
import type { Bounds } from './time-bounds.ts'

/** A window is made as large as can be looked through in this time, so that others get their turn in between. */
const WINDOW_MS = 20
const MAX_WINDOW = 200_000

export type JobCondition = (job: ExpressionBuilder<Tables, 'backbeat_jobs'>) => Expression<SqlBool>

export interface Walk {
  /** Parts of the jobs, which may overlap. */
  parts: readonly JobPart[]
  /** What is looked for. */
  condition: JobCondition
  /** Jobs older than this one; `undefined` for all. */
  below: string | undefined
  bounds: Bounds
  /** So many hits are enough. */
  enough: number
  /** How many jobs are looked at first, before it is known how long that takes. */
  firstWindow: number
  /** When to stop, by `performance.now()`; at least one window is looked through. */
  until: number
}

export interface Walked {
  /** Ids of all hits from the position on, newest first. */
  hits: string[]
  /** How far it came. */
  position: string
}

/**
 * Looks for jobs from the newest on, through one window after the other, until there are enough hits,
 * the time is over, or no job is left.
 */
export async function walk(db: Kysely<Tables>, dialect: SqlDialect, request: Walk): Promise<Walked> {
  const { parts, enough, until, bounds } = request
  let { below } = request
  if (bounds.below !== undefined && (below === undefined || below > bounds.below)) below = bounds.below
  const ordered = parts.filter(({ isWaiting }) => !isWaiting)
  const waiting = parts.filter(({ isWaiting }) => isWaiting)
  const waitingHits = await idsIn(db, dialect, request, waiting, below, bounds.lowest)
  // Where those are cut off, nothing is known of older ones.
  const known = waitingHits.length < enough ? END : (waitingHits.at(-1) as string)
  const hits: string[] = []
  let position = below
  for (let size = request.firstWindow; ; ) {
    const began = performance.now()
    const ends: string[] = []
    for (const part of ordered) ends.push(await windowEnd(db, dialect, part, position, bounds.lowest, size))
    const end = newest(ends)
    const found = await idsIn(
      db,
      dialect,
      { ...request, enough: enough - hits.length },
      ordered,
      position,
      end || bounds.lowest,
    )
    hits.push(...found)
    position = hits.length < enough ? end : (hits.at(-1) as string)
    const now = performance.now()
    if (position === END || position <= known || hits.length >= enough || now >= until) break
    size = nextSize(size, now - began, until - now)
    await breathe()
  }
  position = newest([position, known])
  const all = [...hits, ...waitingHits]
    .filter((id) => id >= position)
    .sort()
    .reverse()
  return all.length > enough
    ? { hits: all.slice(0, enough), position: all[enough - 1] as string }
    : { hits: all, position }
}

/** Ids of jobs in any of the parts, newest first. */
async function idsIn(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  { condition, enough }: Pick<Walk, 'condition' | 'enough'>,
  parts: readonly JobPart[],
  below: string | undefined,
  from: string | undefined,
): Promise<string[]> {
  const [first, ...others] = parts.map((part) =>
    db
      .selectFrom((nested) =>
        inPart(nested, dialect, part, below, from)
          .where(condition)
          .orderBy(part.isWaiting ? sql`${dialect.unordered(sql.ref('id'))}` : sql`id`, 'desc')
          .limit(enough)
          .as('matching'),
      )
      .select('matching.id'),
  )
  if (!first) return []
  const rows = await others
    .reduce((union, one) => union.union(one), first)
    .orderBy('id', 'desc')
    .limit(enough)
    .execute()
  return rows.map(({ id }) => id)
}

/** The oldest job of a window; {@link END} where the part has no more than the window. */
async function windowEnd(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  part: JobPart,
  below: string | undefined,
  lowest: string | undefined,
  size: number,
): Promise<string> {
  const row = await inPart(db, dialect, part, below, lowest)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(size - 1)
    .executeTakeFirst()
  return row?.id ?? END
}

function inPart(
  from: Pick<Kysely<Tables>, 'selectFrom'>,
  dialect: SqlDialect,
  part: JobPart,
  below: string | undefined,
  lowest: string | undefined,
) {
  // Where waiting jobs are asked for by their ids, the index of all ids would be walked along.
  const id = part.isWaiting ? dialect.unordered(sql.ref('id')) : sql<string>`id`
  return from
    .selectFrom('backbeat_jobs')
    .select('id')
    .where(sql<boolean>`${sql.raw(part.condition)}`)
    .$if(part.of !== undefined, (query) => query.where(part.of?.column as 'task_type', '=', part.of?.value as string))
    .$if(below !== undefined, (query) => query.where(id, '<', below as string))
    .$if(lowest !== undefined, (query) => query.where(id, '>=', lowest as string))
}

function newest(ids: readonly string[]): string {
  return ids.reduce((one, other) => (one > other ? one : other), END)
}

function nextSize(size: number, tookMs: number, leftMs: number): number {
  const factor = Math.min(4, Math.max(0.1, Math.min(WINDOW_MS, leftMs) / Math.max(tookMs, 1)))
  return Math.min(MAX_WINDOW, Math.max(1, Math.round(size * factor)))
}
