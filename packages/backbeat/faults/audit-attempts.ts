import type { AttemptOutcome } from '../src/job/job.ts'
import type { Status } from '../src/job/states.ts'
import type { JobHistory } from './history.ts'

/** How the attempt that ended a job may be recorded, by the job's resting state. */
const LAST: Partial<Record<Status, readonly AttemptOutcome[]>> = {
  completed: ['completed'],
  completed_with_warnings: ['completed'],
  failed: ['failed'],
  stuck: ['lost'],
}

/** What is wrong with a resting job's attempts. */
export function auditAttempts({ job, attempts }: JobHistory): string[] {
  const wrong: string[] = []
  const say = (what: string) => {
    const outcomes = attempts.map(({ ordinal, attempt, outcome }) => `${ordinal}: attempt ${attempt} ${outcome}`)
    wrong.push(`job ${job.id} (${job.status}) ${what} [${outcomes.join(', ')}]`)
  }
  const last = attempts.at(-1)
  const allowedLast = LAST[job.status]
  if (allowedLast && !(last && allowedLast.includes(last.outcome))) say('did not end by its last attempt')

  let failed = 0
  let earlierEnd = 0
  let before = 0
  for (const attempt of attempts) {
    const { ordinal, outcome, startedAt, endedAt } = attempt
    // A delivery that was given back before it began leaves no record, so there may be gaps.
    if (ordinal <= before) say(`has attempt record ${ordinal} twice`)
    before = ordinal
    if (attempt.attempt !== failed + 1) say(`numbers record ${ordinal} as attempt ${attempt.attempt}`)
    if (outcome === 'running' || endedAt === null) say(`rests with attempt record ${ordinal} still running`)
    if (endedAt !== null && endedAt < startedAt) say(`ends record ${ordinal} before its start`)
    if (startedAt < earlierEnd) say(`starts record ${ordinal} before the one before it has ended`)
    if (outcome === 'completed' && attempt !== last) say('went on after an attempt that had completed')
    if (outcome === 'failed') failed += 1
    earlierEnd = endedAt ?? earlierEnd
  }

  const lost = attempts.filter(({ outcome }) => outcome === 'lost').length
  // The loss that ended a job, and was not followed by another delivery.
  const endedByLoss = last?.outcome === 'lost' && job.attempt === last.attempt
  const redelivered = endedByLoss ? lost - 1 : lost
  if (job.redeliveries !== redelivered) say(`says ${job.redeliveries} redeliveries`)
  // A job that is cancelled while it waits keeps the number of the attempts that counted.
  if (job.status !== 'cancelled' && job.attempt !== (last?.attempt ?? 0)) say(`says attempt ${job.attempt}`)
  return wrong
}
