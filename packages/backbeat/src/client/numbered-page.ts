import type { JobSummary } from '../job/job.ts'
import type { Count, JobFilter, JobRecords } from '../store/store.ts'

/** Totals are counted up to here, or as far as the page that was asked for. */
const MAX_EXACT_TOTAL = 10_000

/** A page of a list by its number. */
export interface NumberedPage {
  entries: JobSummary[]
  /** From 1; the last one where a later one was asked for. */
  page: number
  perPage: number
  pages: number
  total: Count
}

/** See {@link Client.page}. */
export async function numberedPage(
  store: Pick<JobRecords, 'count' | 'listFrom'>,
  filter: JobFilter,
  number: number,
  perPage: number,
): Promise<NumberedPage> {
  const total = await store.count(filter, Math.max(MAX_EXACT_TOTAL, number * perPage))
  const at = async (page: number) => {
    const entries = await store.listFrom(filter, (page - 1) * perPage, perPage)
    // There may be more than could be counted in time.
    const value = Math.max(total.value, entries.length === 0 ? 0 : (page - 1) * perPage + entries.length)
    const pages = Math.max(1, Math.ceil(value / perPage))
    return { entries, page, perPage, pages, total: { value, isExact: total.isExact } }
  }
  const counted = Math.max(1, Math.ceil(total.value / perPage))
  const asked = number <= counted || !total.isExact ? await at(number) : undefined
  return asked && (asked.entries.length > 0 || number <= counted) ? asked : at(Math.min(number, counted))
}
