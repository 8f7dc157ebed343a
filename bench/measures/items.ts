import { setTimeout as sleep } from 'node:timers/promises'
import type { Measure } from '../bench.ts'

/** How often the worker's memory is looked at, in milliseconds. */
const LOOK_EVERY_MS = 100

export const itemsMeasure: Measure = {
  name: 'items',
  description:
    'One job with many no-op items from a generator, recorded in batches of 1,000, run inline: from enqueueing to the outcome. Memory is the resident memory of the process that enqueues and works, when a tenth of the time is over and at its peak.',
  async run(bench) {
    const { ledgerItems } = bench.sizes
    const grounds = await bench.grounds(({ library, pool }) => library === 'backbeat' && pool === undefined)
    await bench.inTurns(`${ledgerItems} items`, grounds, async (ground) => {
      await using agent = await bench.agent(ground)
      await agent.ask('clear')
      await agent.ask('settleDown')
      await agent.ask('startWorker')
      await agent.ask('runLedger', Math.min(ledgerItems, 5000))
      const seen: number[] = []
      let over = false
      const looking = (async () => {
        while (!over) {
          seen.push((await agent.ask('memory')).now)
          await sleep(LOOK_EVERY_MS)
        }
      })()
      const ms = await agent.ask('runLedger', ledgerItems).finally(() => {
        over = true
      })
      await looking
      const key = {
        measure: 'items',
        contender: ground.contender.name,
        case: `${ledgerItems.toLocaleString('en')} items`,
      }
      const { peak } = await agent.ask('memory')
      bench.figures.add({ ...key, metric: 'rate', unit: 'items/s' }, (ledgerItems / ms) * 1000)
      bench.figures.add({ ...key, metric: 'early memory', unit: 'MB' }, seen[Math.floor(seen.length / 10)] ?? peak)
      bench.figures.add({ ...key, metric: 'peak memory', unit: 'MB' }, peak)
      await agent.ask('stopWorker')
    })
    for (const ground of grounds) await bench.reset(ground)
  },
}
