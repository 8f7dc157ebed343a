import type { Ground, Measure } from '../bench.ts'
import type { Contender } from '../contender.ts'
import { drain } from './drain-trial.ts'
import { fillUp } from './finished-jobs.ts'

export const historyMeasure: Measure = {
  name: 'history',
  description:
    'The drain of the same number of jobs by one worker process over ever more finished ones, made from rows of really finished jobs.',
  async run(bench) {
    const { history, historyJobs } = bench.sizes
    const takesPart = ({ pool, keepsHistory, maxHistory }: Contender) =>
      pool === undefined && keepsHistory && maxHistory !== 0
    const growing = await bench.grounds(takesPart)
    // The least history is drained over in turns with every other one: machines change their pace within minutes.
    const [least = 0, ...others] = history
    const staying = await bench.grounds(takesPart, '-least')
    for (const ground of [...growing, ...staying]) await bench.reset(ground)
    for (const most of others.length > 0 ? others : [least]) {
      const sizes = new Map<Ground, number>()
      for (const ground of growing) if (await fillUp(bench, ground, most)) sizes.set(ground, most)
      if (most > least) {
        for (const ground of staying) if (await fillUp(bench, ground, least)) sizes.set(ground, least)
      }
      await bench.inTurns(`drain of ${historyJobs} over up to ${most} finished`, [...sizes.keys()], async (ground) => {
        const finished = sizes.get(ground) ?? 0
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
