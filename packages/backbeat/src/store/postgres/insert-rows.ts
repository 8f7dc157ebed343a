import type { Json } from '../../json.ts'
import { storableName, toJsonText } from '../sql/values.ts'
import type { NewJob } from '../store.ts'

export type Row = ReturnType<typeof rowOf>

/** What most jobs lack is left out, which the database reads as null: a bulk of plain jobs is no longer for it. */
export function rowOf(job: NewJob, turn: number | undefined) {
  return {
    id: job.id,
    queue: job.queue,
    priority: job.priority,
    run_at: job.runAt === null ? null : Math.round(job.runAt),
    delay: job.delayMs === undefined ? undefined : Math.round(job.delayMs),
    task_type: job.taskType,
    max_attempts: job.maxAttempts,
    max_redeliveries: job.maxRedeliveries,
    unique_key: job.uniqueKey,
    unique_period: job.uniquePeriodMs === null ? undefined : Math.round(job.uniquePeriodMs),
    replaces: job.replacesWaiting || undefined,
    retried_from_id: job.retriedFromId,
    retry_scope: job.retryScope,
    triggered_by: storableName(job.triggeredBy),
    tags: job.tags.length === 0 ? '[]' : JSON.stringify(job.tags.map(storableName)),
    total_items: job.totalItems,
    expires_at: job.expiresAt === null ? undefined : Math.round(job.expiresAt),
    expires_after: job.expiresAfterMs === undefined ? undefined : Math.round(job.expiresAfterMs),
    restrictions: job.restrictions === null ? undefined : JSON.stringify(job.restrictions),
    tenant: job.tenant ?? undefined,
    turn,
    input: inputText(job.input),
  }
}

export function inputText(input: Json): string {
  return toJsonText(input) ?? 'null'
}

/** Whether more than the insertion itself is to be done for its key. */
export function isSpecial({ unique_key, unique_period, replaces }: Row): boolean {
  return unique_key !== null && (unique_period !== undefined || replaces === true)
}

/** Rounds with one job of a key each at most: what the first of them did is what the second one meets. */
export function inRounds(ordered: readonly Row[]): Row[][] {
  const rounds: Row[][] = []
  const seen = new Map<string, number>()
  for (const row of ordered) {
    const round = row.unique_key === null ? 0 : (seen.get(row.unique_key) ?? 0)
    if (row.unique_key !== null) seen.set(row.unique_key, round + 1)
    rounds[round] ??= []
    rounds[round].push(row)
  }
  return rounds
}

/** One order for everyone, so that no two wait for each other's keys. Of one key the first stays the first. */
export function inLockOrder(rows: readonly Row[]): Row[] {
  const placeOf = ({ unique_key, retried_from_id }: Row) => unique_key ?? retried_from_id ?? ''
  return rows.toSorted((a, b) => {
    const [one, other] = [placeOf(a), placeOf(b)]
    if (one === other) return 0
    return one < other ? -1 : 1
  })
}
