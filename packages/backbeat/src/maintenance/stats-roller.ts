import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { InsightRecords } from '../store/store.ts'
import { Periodic } from './periodic.ts'

/** Adds what has come to rest to the tallies that charts and counts are read from. */
export class StatsRoller {
  readonly #periodic: Periodic
  #stopped = false

  constructor({
    insights,
    clock,
    logger,
    intervalMs,
  }: {
    insights: Pick<InsightRecords, 'rollUp'>
    clock: Clock
    logger: Logger
    intervalMs: number
  }) {
    this.#periodic = new Periodic({
      work: async () => {
        // A store in this process answers at once: without a turn between, catching up would hold up all else.
        while (!this.#stopped && (await insights.rollUp())) await nextTurn()
      },
      clock,
      intervalMs,
      onError: (error) => logger.error({ err: error }, 'Finished jobs could not be tallied; trying again'),
    })
  }

  start(): void {
    this.#stopped = false
    this.#periodic.start()
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.#periodic.stop()
  }
}
