import { type Measure, reasonOf } from '../bench.ts'
import type { ReadName } from '../contenders/backbeat.ts'
import { fillUp } from './finished-jobs.ts'
import { addLatencies } from './latency.ts'

const READS: readonly ReadName[] = [
  'first page',
  'second page',
  'failed only',
  'one task',
  'search, common word',
  'search, rare word',
  'search, word of errors',
  'search, no hit',
  'search, middle of an id',
  'failed of one task',
  'tasks by a pattern',
  'tag that nobody has',
  'queue that nobody has',
  'half a day ago',
  'page 200',
  'queues',
  'stats',
]

export const listMeasure: Measure = {
  name: 'list',
  description:
    'What people ask of the largest history, through the client, one request at a time: pages of 50. Of 50 finished jobs one failed, and five are of a second task.',
  async run(bench) {
    const { history, reads, readLimitMs } = bench.sizes
    const finished = Math.max(...history)
    const grounds = await bench.grounds(({ library, pool }) => library === 'backbeat' && pool === undefined)
    for (const ground of grounds) {
      if (!(await fillUp(bench, ground, finished))) continue
      await using agent = await bench.agent(ground)
      for (const what of READS) {
        bench.say(`list: ${ground.contender.name}: ${what}`)
        try {
          const taken = await agent.ask('read', what, reads, readLimitMs)
          const key = {
            measure: 'list',
            contender: ground.contender.name,
            case: `${what}, ${finished.toLocaleString('en')} finished`,
            history: finished,
          }
          addLatencies(bench, key, taken)
        } catch (error) {
          bench.skip(`list: ${ground.contender.name}: ${what}: ${reasonOf(error)}`)
        }
      }
    }
  },
}
