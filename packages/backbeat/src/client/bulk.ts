import { BackbeatError, UnknownJobError } from '../errors.ts'
import type { JobSummary } from '../job/job.ts'
import type { Status } from '../job/states.ts'
import type { Count, JobFilter, Store } from '../store/store.ts'
import { refuseCancel, refuseRetry } from './decisions.ts'

/** So many jobs are looked at in one call. */
export const MAX_BULK = 200
/** A dry run counts no further. */
const MAX_COUNTED = 10_000
/** And no longer. */
const COUNTING_MS = 1000
const JOBS_PER_READ = 1000

export const BULK_ACTIONS = ['retry', 'cancel'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/** The states in which an action can do something. */
const ELIGIBLE: Record<BulkAction, readonly Status[]> = {
  retry: ['failed', 'stuck'],
  cancel: ['pending', 'retrying', 'running'],
}

/** Which jobs something is done to. */
export type BulkSelection =
  | { ids: readonly string[] }
  /** All that match, in as many calls as it takes. */
  | { filter: JobFilter; cursor?: string; isWanted?: (job: JobSummary) => boolean }

/** What is asked for. */
export interface BulkRequest {
  action: BulkAction
  selection: BulkSelection
  /** How many jobs of a filter are looked at in this call: from 1 to 200. */
  limit: number
  /** Who asks. */
  by: string
  /** Why, for `cancel`. */
  reason: string
  /** Why a job may not be changed by who asks; `undefined` where it may. */
  refuse?: (job: JobSummary) => BackbeatError | undefined
}

/** A job that was left as it is, and why. */
export interface Skipped {
  jobId: string
  code: string
  message: string
}

export interface BulkResult {
  /** Jobs that were done something to; for `retry` with the new one. */
  done: { jobId: string; newJobId: string | null }[]
  skipped: Skipped[]
  /** For the next call; `null` when all that matched have been looked at. */
  nextCursor: string | null
}

/** The single steps that a bulk action is made of. */
export interface BulkSteps {
  retry(id: string, by: string): Promise<{ id: string }>
  cancel(id: string, reason: string): Promise<unknown>
}

/**
 * Retries or cancels many jobs, a bounded number in each call. Doing it twice does nothing twice: a
 * job that has been retried is not retried again, also when its retry is over, and jobs that are
 * added meanwhile are not looked at.
 */
export async function actInBulk(store: Store, steps: BulkSteps, request: BulkRequest): Promise<BulkResult> {
  const { jobs, missing, nextCursor } = await selected(store, request)
  const retries = request.action === 'retry' ? await store.insights.retriesOf(jobs.map(({ id }) => id)) : new Map()
  const result: BulkResult = { done: [], skipped: missing.map(unknownJob), nextCursor }
  for (const job of jobs) {
    const refusal = request.refuse?.(job) ?? refusalOf(job, request.action, retries)
    if (refusal) {
      result.skipped.push({ jobId: job.id, code: refusal.code, message: refusal.message })
      continue
    }
    try {
      const retried = request.action === 'retry' ? await steps.retry(job.id, request.by) : undefined
      if (!retried) await steps.cancel(job.id, request.reason)
      result.done.push({ jobId: job.id, newJobId: retried?.id ?? null })
    } catch (error) {
      // One that changed meanwhile, or whose task is gone, holds up no other.
      if (!(error instanceof BackbeatError) || error.status >= 500) throw error
      result.skipped.push({ jobId: job.id, code: error.code, message: error.message })
    }
  }
  return { ...result, skipped: asSelected(result.skipped, request.selection) }
}

/** Where a job stands in the answer must not tell one that is hidden from one that is not there. */
function asSelected(skipped: Skipped[], selection: BulkSelection): Skipped[] {
  if (!('ids' in selection)) return skipped
  const places = new Map(selection.ids.map((id, place) => [id, place]))
  return skipped.sort((one, other) => (places.get(one.jobId) ?? 0) - (places.get(other.jobId) ?? 0))
}

/** How many jobs the action would do something to; counted up to ten thousand. */
export async function countForBulk(store: Store, request: BulkRequest): Promise<Count> {
  const until = performance.now() + COUNTING_MS
  let value = 0
  let seen = 0
  let cursor: string | null = null
  do {
    const { jobs, nextCursor } = await selected(store, request, cursor)
    const retries = request.action === 'retry' ? await store.insights.retriesOf(jobs.map(({ id }) => id)) : new Map()
    value += jobs.filter((job) => !request.refuse?.(job) && !refusalOf(job, request.action, retries)).length
    seen += jobs.length
    cursor = nextCursor
  } while (cursor !== null && seen < MAX_COUNTED && performance.now() < until)
  return { value, isExact: cursor === null }
}

interface Selected {
  jobs: JobSummary[]
  missing: string[]
  nextCursor: string | null
}

/** @param countFrom where a dry run goes on; it reads more at once */
async function selected(store: Store, request: BulkRequest, countFrom?: string | null): Promise<Selected> {
  const { selection, action, limit } = request
  if ('ids' in selection) {
    const ids = [...new Set(selection.ids)]
    const jobs = await Promise.all(ids.map((id) => store.get(id)))
    const known = jobs.filter((job) => job !== undefined)
    return { jobs: known, missing: ids.filter((_, index) => !jobs[index]), nextCursor: null }
  }
  const { filter, isWanted = () => true } = selection
  const status = ELIGIBLE[action].filter((one) => !filter.status?.length || filter.status.includes(one))
  if (status.length === 0) return { jobs: [], missing: [], nextCursor: null }
  const cursor = countFrom === undefined ? selection.cursor : (countFrom ?? undefined)
  const page = { limit: countFrom === undefined ? limit : JOBS_PER_READ, ...(cursor !== undefined && { cursor }) }
  const { entries, nextCursor } = await store.list({ ...filter, status }, page)
  return { jobs: entries.filter(isWanted), missing: [], nextCursor }
}

function refusalOf(job: JobSummary, action: BulkAction, retries: Map<string, string>): BackbeatError | undefined {
  if (action === 'cancel') {
    if (ELIGIBLE.cancel.includes(job.status)) return undefined
    return refuseCancel(job)
  }
  const retry = retries.get(job.id)
  if (retry === undefined) return refuseRetry(job, 'all')
  return new BackbeatError('already_retried', `Job ${job.id} has been retried as ${retry}. Look at that one.`)
}

function unknownJob(jobId: string): Skipped {
  const { code, message } = new UnknownJobError(jobId)
  return { jobId, code, message }
}
