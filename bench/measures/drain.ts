import type { Measure } from '../bench.ts'
import { drain } from './drain-trial.ts'

export const drainMeasure: Measure = {
  name: 'drain',
  description:
    'Waiting no-op jobs worked off by worker processes that are warm and connected: from their start until the last row is settled in the database. Memory is the peak resident memory of one worker process.',
  async run(bench) {
    const { jobs: sizes, workers: crowds, slowJobs, repeats } = bench.sizes
    const all = await bench.grounds()
    for (const jobs of sizes) {
      for (const workers of crowds) {
        const grounds = all.filter(({ contender: { maxJobs } }) => maxJobs === undefined || jobs <= maxJobs)
        const times = jobs >= 1_000_000 ? Math.min(repeats, 3) : repeats
        await bench.inTurns(
          `drain of ${jobs}, ${workers} worker(s)`,
          grounds,
          async (ground) => {
            const { name: contender, maxJobs } = ground.contender
            const drained = maxJobs === undefined ? jobs : Math.min(jobs, slowJobs)
            const { ms, firstCallMs, idleMb, peakMb } = await drain(bench, ground, {
              jobs: drained,
              workers,
              keep: false,
            })
            const key = {
              measure: 'drain',
              contender,
              case: `${jobs.toLocaleString('en')} waiting, ${workers} worker process${workers > 1 ? 'es' : ''}`,
              jobs,
              workers,
              ...(drained !== jobs && { note: `with ${drained.toLocaleString('en')} jobs` }),
            }
            bench.figures.add({ ...key, metric: 'rate', unit: 'jobs/s' }, (drained / ms) * 1000)
            if (firstCallMs !== null) {
              bench.figures.add({ ...key, metric: 'first call after', unit: 'ms' }, firstCallMs)
              const onceStarted = (drained / (ms - firstCallMs)) * 1000
              bench.figures.add({ ...key, metric: 'rate once started', unit: 'jobs/s' }, onceStarted)
            }
            bench.figures.add({ ...key, metric: 'idle memory', unit: 'MB' }, idleMb)
            bench.figures.add({ ...key, metric: 'peak memory', unit: 'MB' }, peakMb)
          },
          times,
        )
      }
    }
    for (const ground of all) await bench.reset(ground)
  },
}
