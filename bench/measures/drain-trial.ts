import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from '../agent/agent.ts'
import type { Bench, Ground } from '../bench.ts'
import { now } from '../clock.ts'

/** Before it counts, each worker process drains so many jobs, so that its code is warm. */
const WARM_UP_JOBS = 2000
const POLL_MS = 2
/** Where calls cannot be counted, the database is asked throughout, and so less often. */
const BLIND_POLL_MS = 20
const LIMIT_MS = 15 * 60_000

export interface Drained {
  /** From the moment the workers are told to start until the database holds no unsettled job. */
  ms: number
  /** From then until the handler was called first; `null` where it is called in another process or thread. */
  firstCallMs: number | null
  /** What one worker process used when it was warm and idle, in MB. */
  idleMb: number
  /** The most that one worker process ever used, in MB. */
  peakMb: number
}

export interface DrainOptions {
  jobs: number
  /** Worker processes. */
  workers: number
  /** Whether what is there already stays. */
  keep: boolean
  /** Ask the database throughout, as where calls cannot be counted. */
  blind?: boolean
  /** What Node is started with in the worker processes. */
  flags?: readonly string[]
}

/**
 * Drains waiting jobs with so many worker processes, which have loaded everything, are warm and
 * only begin to consume. Ends when the last row is settled, and checks that each job was.
 */
export async function drain(
  bench: Bench,
  ground: Ground,
  { jobs, workers, keep, blind = false, flags }: DrainOptions,
): Promise<Drained> {
  const countsCalls = ground.contender.countsCalls && !blind
  await using control = await bench.agent(ground)
  if (!keep) await control.ask('clear')
  const agents: Agent[] = []
  try {
    for (let started = 0; started < workers; started++) agents.push(await bench.agent(ground, flags))
    const warmUp = Math.min(jobs, WARM_UP_JOBS) * workers
    await control.ask('enqueueBulk', warmUp)
    await work(countsCalls, control, agents, warmUp)
    for (const agent of agents) await agent.ask('stopWorker')
    if (!keep) await control.ask('clear')

    await control.ask('enqueueBulk', jobs)
    await control.ask('settleDown')
    const idleMb = await mostMemory(agents, 'now')
    const before = await control.ask('countFinished')
    const { ms, firstCallMs } = await work(countsCalls, control, agents, jobs)
    const after = await control.ask('countFinished')
    if (before !== null && after !== null && after - before !== jobs) {
      throw new Error(`${after - before} of ${jobs} jobs were finished.`)
    }
    if (keep) ground.history += jobs + warmUp
    const peakMb = await mostMemory(agents, 'peak')
    for (const agent of agents) await agent.ask('stopWorker')
    return { ms, firstCallMs, idleMb, peakMb }
  } finally {
    for (const agent of agents) await agent.close()
  }
}

/** Starts the workers, and waits until the last row is settled. */
async function work(
  countsCalls: boolean,
  control: Agent,
  agents: readonly Agent[],
  jobs: number,
): Promise<Pick<Drained, 'ms' | 'firstCallMs'>> {
  for (const agent of agents) await agent.ask('getReady')
  const handled = agents.reduce((sum, agent) => sum + agent.handled, 0)
  const began = now()
  await Promise.all(agents.map((agent) => agent.ask('startWorker')))
  // Asking the database all the time would slow it down: until then it cannot be settled.
  if (countsCalls) await Agent.whenHandled(agents, handled + jobs)
  while (!(await control.ask('isSettled'))) {
    if (now() - began > LIMIT_MS) throw new Error('The last job was not settled within 15 minutes.')
    await sleep(countsCalls ? POLL_MS : BLIND_POLL_MS)
  }
  const ms = now() - began
  const firsts = (await Promise.all(agents.map((agent) => agent.ask('firstHandledAt')))).filter((at) => at > 0)
  return { ms, firstCallMs: firsts.length > 0 ? Math.min(...firsts) - began : null }
}

async function mostMemory(agents: readonly Agent[], which: 'now' | 'peak'): Promise<number> {
  const all = await Promise.all(agents.map((agent) => agent.ask('memory')))
  return Math.max(...all.map((memory) => memory[which]))
}
