import type { Measure } from '../bench.ts'

const WARM_UP_JOBS = 300

export const enqueueSingleMeasure: Measure = {
  name: 'enqueue-single',
  description:
    'Jobs enqueued with a call each by one process, no worker running: one call after the other, and 50 under way at the same time.',
  async run(bench) {
    const { singles, singlesAtOnce } = bench.sizes
    const grounds = await bench.grounds(({ pool, enqueuesAs }) => pool === undefined && enqueuesAs === undefined)
    await bench.inTurns('single enqueue', grounds, async (ground) => {
      await using agent = await bench.agent(ground)
      await agent.ask('clear')
      for (const [inFlight, count] of [
        [1, singles],
        [50, singlesAtOnce],
      ] as const) {
        await agent.ask('enqueueSingly', WARM_UP_JOBS, inFlight)
        await agent.ask('settleDown')
        const ms = await agent.ask('enqueueSingly', count, inFlight)
        bench.figures.add(
          {
            measure: 'enqueue-single',
            contender: ground.contender.name,
            case: inFlight === 1 ? 'one at a time' : `${inFlight} at once`,
            metric: 'rate',
            unit: 'jobs/s',
          },
          (count / ms) * 1000,
        )
      }
      await agent.ask('clear')
    })
  },
}
