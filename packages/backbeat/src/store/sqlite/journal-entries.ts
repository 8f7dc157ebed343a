import { JOBS_PER_ENTRY } from '../sql/journal.ts'
import { rowsOf, type Steps } from '../sql/steps.ts'

export const APPEND = `INSERT INTO backbeat_changes (job_ids) VALUES (?)`

/** The entries for jobs that changed. No id holds a comma. */
export function entriesOf(jobIds: readonly string[]): string[] {
  const entries: string[] = []
  for (let first = 0; first < jobIds.length; first += JOBS_PER_ENTRY) {
    entries.push(jobIds.slice(first, first + JOBS_PER_ENTRY).join())
  }
  return entries
}

/** Notes jobs as changed, in the transaction that changed them. */
export function* journal(jobIds: readonly string[]): Steps<void> {
  for (const entry of entriesOf(jobIds)) yield* rowsOf(APPEND, entry)
}
