import type { Measure } from '../bench.ts'
import { drain } from './drain-trial.ts'

/** A heap that V8 may not let grow for want of anything better to do, in MB. */
const FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=96']

export const memoryMeasure: Measure = {
  name: 'memory',
  description: `The drain by one worker process that is started with ${FLAGS.join(' ')}, so that its peak is what it needs, and not what V8 fills before it clears it away.`,
  async run(bench) {
    const { memoryJobs } = bench.sizes
    const grounds = await bench.grounds(({ pool, maxJobs }) => pool === undefined && maxJobs === undefined)
    await bench.inTurns(
      `memory, ${memoryJobs} jobs`,
      grounds,
      async (ground) => {
        const { ms, idleMb, peakMb } = await drain(bench, ground, {
          jobs: memoryJobs,
          workers: 1,
          keep: false,
          flags: FLAGS,
        })
        const key = {
          measure: 'memory',
          contender: ground.contender.name,
          case: `${memoryJobs.toLocaleString('en')} waiting`,
        }
        bench.figures.add({ ...key, metric: 'rate', unit: 'jobs/s' }, (memoryJobs / ms) * 1000)
        bench.figures.add({ ...key, metric: 'idle memory', unit: 'MB' }, idleMb)
        bench.figures.add({ ...key, metric: 'peak memory', unit: 'MB' }, peakMb)
      },
      1,
    )
    for (const ground of grounds) await bench.reset(ground)
  },
}
