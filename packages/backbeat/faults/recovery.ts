import type { Attempt } from '../src/job/job.ts'
import type { Harm } from './fleet.ts'
import type { JobHistory } from './history.ts'

/** How long a job that was torn from its worker took to go on. Times are the store's. */
export interface Recovery {
  job: string
  cause: Harm['kind']
  ms: number
  /** Of that, what the job waited by rule: a job that goes on losing workers comes back ever later. */
  byRuleMs: number
}

/** The rule of `transition`: at once, then 2 s, 4 s, and so on up to a minute. */
function redeliveryDelayMs(redeliveries: number): number {
  return redeliveries === 0 ? 0 : Math.min(60_000, 1000 * 2 ** redeliveries)
}

/** From each harm that an attempt met to the start of the next attempt. */
export function recoveriesOf({ job, attempts }: JobHistory, harms: readonly Harm[]): Recovery[] {
  let redeliveries = 0
  return attempts.flatMap((attempt, index) => {
    const byRuleMs = attempt.outcome === 'lost' ? redeliveryDelayMs(redeliveries++) : 0
    const wentOnAt = attempts[index + 1]?.startedAt ?? job.completedAt
    const harm = harmOf(attempt, harms)
    if (!harm || wentOnAt === null) return []
    return [{ job: job.id, cause: harm.kind, ms: wentOnAt - harm.at, byRuleMs }]
  })
}

/** What happened to the attempt's worker while it ran. */
function harmOf({ outcome, worker, startedAt, endedAt }: Attempt, harms: readonly Harm[]): Harm | undefined {
  if (outcome !== 'lost' && outcome !== 'released') return undefined
  return harms.findLast(
    ({ pid, at }) => worker?.includes(`:${pid}:`) && at >= startedAt && at <= (endedAt ?? Number.POSITIVE_INFINITY),
  )
}
