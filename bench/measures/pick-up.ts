import { Agent } from '../agent/agent.ts'
import type { Bench, Ground, Measure } from '../bench.ts'
import { addLatencies, latencyGrounds } from './latency.ts'

const WARM_UP_JOBS = 30
/** How long the worker is idle between jobs, on average, in milliseconds. */
const GAP_MS = 30

export const PICK_UP_CASES = ['by another process', "by the worker's own process"] as const

export const pickUpMeasure: Measure = {
  name: 'pick-up',
  description:
    "An idle worker with free slots: from just before enqueue is called to the handler's first line, by the machine's monotonic clock, which all its processes share.",
  async run(bench) {
    const grounds = await latencyGrounds(bench)
    for (const where of PICK_UP_CASES) {
      await bench.inTurns(
        `pick-up, enqueued ${where}`,
        grounds,
        (ground) => trial(bench, ground, where, where === PICK_UP_CASES[1]),
        bench.sizes.latencyRepeats,
      )
    }
  },
}

async function trial(bench: Bench, ground: Ground, where: string, inOneProcess: boolean): Promise<void> {
  const { pickUps } = bench.sizes
  await bench.reset(ground)
  await using worker = await bench.agent(ground)
  await worker.ask('settleDown')
  await worker.ask('startWorker')
  const enqueuer = inOneProcess ? worker : await bench.agent(ground)
  try {
    await enqueuer.ask('enqueueNowAndThen', WARM_UP_JOBS, GAP_MS)
    await Agent.whenHandled([worker], WARM_UP_JOBS)
    await worker.ask('takeLatencies')
    await enqueuer.ask('enqueueNowAndThen', pickUps, GAP_MS)
    await Agent.whenHandled([worker], WARM_UP_JOBS + pickUps)
    const latencies = await worker.ask('takeLatencies')
    addLatencies(bench, { measure: 'pick-up', contender: ground.contender.name, case: `enqueued ${where}` }, latencies)
    await worker.ask('stopWorker')
  } finally {
    if (enqueuer !== worker) await enqueuer.close()
  }
}
