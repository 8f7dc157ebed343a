import type { JobPage, JobSummary } from 'backbeat/client'

/** What is told about a job while a list of jobs is shown. */
export type Change = { kind: 'job'; job: JobSummary } | { kind: 'left'; id: string; status: JobSummary['status'] }

export interface JobList {
  /** Newest first. */
  rows: readonly JobSummary[]
  /** Where the next page begins; `null` where there is none, or it has to be asked for by time. */
  next: string | null
  /** How far back was looked, where the search stopped before it had looked at everything. */
  searchedTo: string | null
  /** How many pages were read, one after the other. */
  pages: number
  /** Rows at the end were dropped, so there are more than `next` knows. */
  isCut: boolean
  /** Jobs that belong into the list and would move what is being read, newest first. */
  held: readonly JobSummary[]
}

export const EMPTY_LIST: JobList = { rows: [], next: null, searchedTo: null, pages: 0, isCut: false, held: [] }

/** More rows than anybody scrolls through are dropped from the end, to be loaded again when they are wanted. */
const MAX_LIVE_ROWS = 2000

export interface Reading {
  /** Whether a job belongs into the list, as far as the API was not asked for it. */
  accepts: (job: JobSummary) => boolean
  /** Whether rows must stay where they are. */
  isHeld: boolean
}

/** The first page, in place of all that was there. */
export function firstPage(page: JobPage, { accepts }: Pick<Reading, 'accepts'>): JobList {
  return furtherPage(EMPTY_LIST, page, { accepts })
}

export function furtherPage(list: JobList, page: JobPage, { accepts }: Pick<Reading, 'accepts'>): JobList {
  const known = new Set(list.rows.map(({ id }) => id))
  const further = page.items.filter((job) => !known.has(job.id) && accepts(job))
  return {
    ...list,
    rows: [...list.rows, ...further],
    next: page.next_cursor,
    searchedTo: page.searched_to ?? null,
    pages: list.pages + 1,
    isCut: false,
  }
}

/** The list after changes, in the order in which they were told. What does not change stays the same object. */
export function applyChanges(list: JobList, changes: readonly Change[], reading: Reading): JobList {
  const latest = new Map(changes.map((change) => [change.kind === 'job' ? change.job.id : change.id, change]))
  const stay = (job: JobSummary): JobSummary[] => {
    const change = latest.get(job.id)
    if (!change) return [job]
    latest.delete(job.id)
    if (change.kind === 'job') return reading.isHeld || reading.accepts(change.job) ? [change.job] : []
    return reading.isHeld ? [{ ...job, status: change.status }] : []
  }
  const rows = list.rows.flatMap(stay)
  const waiting = list.held.flatMap(stay)

  const arrivals = [...latest.values()].flatMap((change) =>
    change.kind === 'job' && isReached(list, change.job) && reading.accepts(change.job) ? [change.job] : [],
  )
  const held = newestFirst([...waiting, ...arrivals])
  return reading.isHeld ? { ...list, rows, held } : cut({ ...list, rows: newestFirst([...held, ...rows]), held: [] })
}

/** Whether a job lies where the pages so far have looked. */
function isReached({ rows, next, searchedTo, isCut }: JobList, { id, created_at }: JobSummary): boolean {
  if (next === null && !isCut) return true
  if (searchedTo !== null && created_at >= searchedTo) return true
  return id > (rows.at(-1)?.id ?? '')
}

/** Puts what was held where it belongs. */
export function showHeld(list: JobList): JobList {
  return list.held.length === 0 ? list : cut({ ...list, rows: newestFirst([...list.held, ...list.rows]), held: [] })
}

function cut(list: JobList): JobList {
  if (list.rows.length <= MAX_LIVE_ROWS) return list
  return { ...list, rows: list.rows.slice(0, MAX_LIVE_ROWS), next: null, searchedTo: null, isCut: true }
}

/** Ids are in the order of creation. */
function newestFirst(jobs: readonly JobSummary[]): JobSummary[] {
  return jobs.toSorted((one, other) => (one.id < other.id ? 1 : one.id > other.id ? -1 : 0))
}
