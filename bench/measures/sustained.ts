import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from '../agent/agent.ts'
import type { Bench, Ground, Measure } from '../bench.ts'
import { now } from '../clock.ts'
import { LIMITS } from '../contender.ts'
import { addLatencies, latencyGrounds } from './latency.ts'

const WARM_UP_MS = 1000
/** The load, as a share of what the contender can take in and work off at the same time. */
const LOAD = 0.5

export const sustainedMeasure: Measure = {
  name: 'sustained',
  description:
    "One process enqueues at a steady rate, another works: pick-up times at half of what this contender can enqueue and work off at the same time on this machine. Each contender's own rate is stated; a faster one carries more.",
  async run(bench) {
    // Half of a load that only the limit could bear says nothing about the others.
    const grounds = (await latencyGrounds(bench)).filter(({ contender }) => !(contender.name in LIMITS))
    await bench.inTurns('sustained load', grounds, (ground) => trial(bench, ground), bench.sizes.latencyRepeats)
  },
}

async function trial(bench: Bench, ground: Ground): Promise<void> {
  const { sustainedMs, jobs, slowJobs } = bench.sizes
  const { name: contender, maxJobs } = ground.contender
  await bench.reset(ground)
  await using worker = await bench.agent(ground)
  await using enqueuer = await bench.agent(ground)
  await worker.ask('settleDown')
  await worker.ask('startWorker')
  const probe = maxJobs === undefined ? (jobs[0] ?? 0) : slowJobs
  let sent = probe
  const began = now()
  await enqueuer.ask('enqueueBulk', probe)
  await untilSettled(worker, enqueuer, sent)
  const rate = (probe / (now() - began)) * 1000 * LOAD

  sent += await enqueuer.ask('enqueueSteadily', rate, WARM_UP_MS)
  await untilSettled(worker, enqueuer, sent)
  await worker.ask('takeLatencies')
  const count = await enqueuer.ask('enqueueSteadily', rate, sustainedMs)
  sent += count
  await untilSettled(worker, enqueuer, sent)
  const key = { measure: 'sustained', contender, case: 'at half of its own capacity' }
  addLatencies(bench, key, await worker.ask('takeLatencies'))
  bench.figures.add({ ...key, metric: 'load', unit: 'jobs/s' }, (count / sustainedMs) * 1000)
  await worker.ask('stopWorker')
}

async function untilSettled(worker: Agent, enqueuer: Agent, count: number): Promise<void> {
  await Agent.whenHandled([worker], count)
  while (!(await enqueuer.ask('isSettled'))) await sleep(2)
}
