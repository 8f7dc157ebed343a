import { pino } from 'pino'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { StatsRoller } from './stats-roller.ts'

test('lets others have a turn while it catches up with a store that answers at once', async () => {
  let hadTurn = false
  setImmediate(() => {
    hadTurn = true
  })
  const caughtUp = Promise.withResolvers<boolean>()
  let batches = 0
  const roller = new StatsRoller({
    insights: {
      async rollUp() {
        batches += 1
        if (batches === 1000) caughtUp.resolve(hadTurn)
        return batches < 1000
      },
    },
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    intervalMs: 60_000,
  })
  roller.start()
  expect(await caughtUp.promise).toBe(true)
  await roller.stop()
})
