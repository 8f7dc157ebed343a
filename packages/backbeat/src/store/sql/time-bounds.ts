import type { Kysely } from 'kysely'
import type { JobFilter } from '../store.ts'
import type { Tables } from './tables.ts'

/** A job's id has the time of the machine that made it, and `created_at` that of the store: they differ by less. */
const SLACK_MS = 3_600_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** More than halving a range of ids can take. */
const MAX_STEPS = 128

interface Row {
  id: string
  created_at: number
}

/** Between which ids the jobs of a stretch of time are. */
export interface Bounds {
  /** Older ones are too old. */
  lowest: string | undefined
  /** This one, and newer ones, are too new. */
  below: string | undefined
}

/** Looks up a few dozen jobs by their ids: ids are in the order of creation, but for clocks that differ. */
export async function boundsOf(db: Kysely<Tables>, { from, to }: JobFilter): Promise<Bounds> {
  if (from === undefined && to === undefined) return { lowest: undefined, below: undefined }
  const jobs = db.selectFrom('backbeat_jobs').select(['id', 'created_at'])
  const first = await jobs.orderBy('id').limit(1).executeTakeFirst()
  const last = await jobs.orderBy('id', 'desc').limit(1).executeTakeFirst()
  if (!first || !last || !UUID.test(first.id) || !UUID.test(last.id)) return { lowest: undefined, below: undefined }
  const firstSince = (time: number) =>
    findSince(time, first, last, (id) => jobs.where('id', '>=', id).orderBy('id').limit(1).executeTakeFirst())
  const lowest = from === undefined ? undefined : await firstSince(from - 2 * SLACK_MS)
  // Nothing is so new: then not even the newest is looked at.
  const behindAll = idAt(numberOf(last.id) + 1n)
  return {
    lowest: from === undefined ? undefined : (lowest ?? behindAll),
    below: to === undefined ? undefined : await firstSince(to + SLACK_MS),
  }
}

/** A job from no later than the slack after the time; where there is none, the first one after it. */
async function findSince(
  time: number,
  first: Row,
  last: Row,
  atOrAfter: (id: string) => Promise<Row | undefined>,
): Promise<string | undefined> {
  if (last.created_at < time) return undefined
  if (first.created_at >= time) return first.id
  let before = numberOf(first.id)
  let found = last
  for (let step = 0; step < MAX_STEPS && found.created_at > time + SLACK_MS; step += 1) {
    const middle = (before + numberOf(found.id)) / 2n
    if (middle === before) break
    const row = await atOrAfter(idAt(middle))
    if (!row || row.id >= found.id || row.created_at < time)
      before = row && row.id < found.id ? numberOf(row.id) : middle
    else found = row
  }
  return found.id
}

function numberOf(id: string): bigint {
  return BigInt(`0x${id.replaceAll('-', '')}`)
}

function idAt(number: bigint): string {
  return number
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
