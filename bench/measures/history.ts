import type { Ground, Measure } from '../bench.ts'
import { drain } from './drain-trial.ts'
import { fillUp } from './finished-jobs.ts'

export const historyMeasure: Measure = {
  name: 'history',
  description:
    'The drain of the same number of jobs by one worker process over ever more finished ones, made from rows of really finished jobs.',
  async run(bench) {
    const { history, historyJobs } = bench.sizes
    const all = await bench.grounds(({ pool, keepsHistory, maxHistory }) => {
      return pool === undefined && keepsHistory && maxHistory !== 0
    })
    for (const ground of all) await bench.reset(ground)
    for (const finished of history) {
      const grounds: Ground[] = []
      for (const ground of all) if (await fillUp(bench, ground, finished)) grounds.push(ground)
      await bench.inTurns(`drain of ${historyJobs} over ${finished} finished`, grounds, async (ground) => {
        // With none, each trial begins with none.
        const keep = finished > 0
        const { ms, firstCallMs, peakMb } = await drain(bench, ground, { jobs: historyJobs, workers: 1, keep })
        const key = {
          measure: 'history',
          contender: ground.contender.name,
          case: `${historyJobs.toLocaleString('en')} waiting over ${finished.toLocaleString('en')} finished`,
          jobs: historyJobs,
          history: finished,
        }
        bench.figures.add({ ...key, metric: 'rate', unit: 'jobs/s' }, (historyJobs / ms) * 1000)
        const onceStarted = (historyJobs / (ms - (firstCallMs ?? 0))) * 1000
        bench.figures.add({ ...key, metric: 'rate once started', unit: 'jobs/s' }, onceStarted)
        bench.figures.add({ ...key, metric: 'peak memory', unit: 'MB' }, peakMb)
      })
    }
  },
}
