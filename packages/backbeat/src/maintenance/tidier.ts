import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { JobExecution } from '../store/store.ts'
import { Periodic } from './periodic.ts'

/** Keeps in order what no claim comes across: jobs that expired, and limits that have room again. */
export class Tidier {
  readonly #periodic: Periodic

  constructor({
    store,
    clock,
    logger,
    intervalMs,
  }: {
    store: JobExecution
    clock: Clock
    logger: Logger
    intervalMs: number
  }) {
    this.#periodic = new Periodic({
      work: () => store.tidy(),
      clock,
      intervalMs,
      onError: (error) => logger.error({ err: error }, 'Waiting jobs could not be kept in order; trying again'),
    })
  }

  start(): void {
    this.#periodic.start()
  }

  stop(): Promise<void> {
    return this.#periodic.stop()
  }
}
