import type { Measure } from '../bench.ts'
import { drain } from './drain-trial.ts'

export const poolsMeasure: Measure = {
  name: 'pools',
  description:
    'The drain by one worker process whose tasks run inline, in two threads, or in two child processes. Memory is that of the worker process; child processes have their own.',
  async run(bench) {
    const { poolJobs } = bench.sizes
    const grounds = await bench.grounds(({ library }) => library === 'backbeat')
    await bench.inTurns(`pools, ${poolJobs} jobs`, grounds, async (ground) => {
      const { ms, peakMb } = await drain(bench, ground, { jobs: poolJobs, workers: 1, keep: false, blind: true })
      const key = {
        measure: 'pools',
        contender: ground.contender.name,
        case: `${poolJobs.toLocaleString('en')} waiting`,
      }
      bench.figures.add({ ...key, metric: 'rate', unit: 'jobs/s' }, (poolJobs / ms) * 1000)
      bench.figures.add({ ...key, metric: 'peak memory', unit: 'MB' }, peakMb)
    })
    for (const ground of grounds) await bench.reset(ground)
  },
}
