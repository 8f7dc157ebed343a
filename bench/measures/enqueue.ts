import type { Measure } from '../bench.ts'

const WARM_UP_JOBS = 5000

export const enqueueMeasure: Measure = {
  name: 'enqueue',
  description: 'Jobs enqueued in bulk by one process, no worker running: until the last call has returned.',
  async run(bench) {
    const { bulk } = bench.sizes
    const grounds = await bench.grounds(({ pool, enqueuesAs }) => pool === undefined && enqueuesAs === undefined)
    await bench.inTurns(`enqueue of ${bulk}`, grounds, async (ground) => {
      await using agent = await bench.agent(ground)
      await agent.ask('clear')
      await agent.ask('enqueueBulk', WARM_UP_JOBS)
      await agent.ask('clear')
      await agent.ask('settleDown')
      const ms = await agent.ask('enqueueBulk', bulk)
      bench.figures.add(
        {
          measure: 'enqueue',
          contender: ground.contender.name,
          case: `${bulk.toLocaleString('en')} in bulk`,
          metric: 'rate',
          unit: 'jobs/s',
        },
        (bulk / ms) * 1000,
      )
      await agent.ask('clear')
    })
  },
}
