import type { Audit } from './audit.ts'
import type { Fault } from './fault.ts'
import type { Ground } from './ground.ts'
import { type Row, slowest } from './report.ts'
import { sleep } from './waiting.ts'

/** Room for a machine that is busy with other things: recovery is bounded, not timed. */
const MARGIN_MS = 20_000

/** What came of a fault. */
export interface Trial {
  row: Row
  audit: Audit
  /** How long after each outage a job was finished again. */
  outages: { fault: string; ms: number }[]
  /** Recoveries that took longer than lease, sweep and margin explain, in words. */
  late: string[]
  /** Ends of attempts that the fault does not explain. */
  unexplained: string[]
}

export interface TrialOptions {
  times: number
  /** How long the system may work between two faults. */
  betweenMs?: [min: number, max: number]
  perSecond?: number
}

/** Injects a fault again and again under load, lets everything come to rest, and looks at what is left. */
export async function tryFault(ground: Ground, fault: Fault, options: TrialOptions): Promise<Trial> {
  const { times, betweenMs: [min, max] = [100, 800], perSecond = 20 } = options
  let inFlight = 0
  ground.load.start(perSecond)
  for (let injected = 0; injected < times; injected += 1) {
    await sleep(ground.random.integer(min, max))
    inFlight += await ground.running()
    await fault.inject(ground)
  }
  await ground.load.stop()
  return conclude(ground, fault, { injected: times, inFlight })
}

/** Waits until everything rests, and audits. */
export async function conclude(
  ground: Ground,
  { name, mayLeave }: Pick<Fault, 'name' | 'mayLeave'>,
  { injected, inFlight }: Pick<Row, 'injected' | 'inFlight'>,
): Promise<Trial> {
  // What does not come to rest is lost, and the audit names it.
  await ground.rest().catch(() => undefined)
  const audit = await ground.audit()
  const allowedMs = ground.leaseMs + ground.leaseMs / 2 + MARGIN_MS
  const outages = await outageRecoveries(ground)
  const late = [
    ...audit.recoveries
      .filter(({ ms, byRuleMs }) => ms > allowedMs + byRuleMs)
      .map(({ job, ms }) => `job ${job} went on after ${ms} ms, and ${allowedMs} ms are allowed`),
    ...outages
      .filter(({ ms }) => ms > allowedMs)
      .map(({ ms, fault }) => `nothing was finished for ${ms} ms after: ${fault}`),
  ]
  const explained: readonly string[] = ['completed', 'failed', ...mayLeave]
  return {
    row: {
      fault: name,
      injected,
      inFlight,
      lost: audit.lost.length,
      doubled: audit.doubled.length,
      slowestRecoveryMs: slowest([...audit.recoveries, ...outages].map(({ ms }) => ms)),
    },
    audit,
    outages,
    late,
    unexplained: Object.keys(audit.attempts).filter((outcome) => !explained.includes(outcome)),
  }
}

/** From the end of each outage to the first job that was finished after it. */
async function outageRecoveries({ outages, load, store }: Ground): Promise<Trial['outages']> {
  if (outages.length === 0) return []
  const finished: number[] = []
  for (const id of load.ids) {
    const completedAt = (await store.get(id))?.completedAt
    if (completedAt) finished.push(completedAt)
  }
  finished.sort((a, b) => a - b)
  return outages.flatMap(({ fault, to }) => {
    const first = finished.find((at) => at >= to)
    return first === undefined ? [] : [{ fault, ms: first - to }]
  })
}
