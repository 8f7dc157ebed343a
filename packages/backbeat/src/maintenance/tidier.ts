import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { Periodic } from './periodic.ts'

/** Keeps in order what no claim comes across: jobs that expired, limits that have room again, and what is kept only for a time. */
export class Tidier {
  readonly #periodic: Periodic

  constructor({
    store,
    clock,
    logger,
    intervalMs,
    auditKeptMs,
    notificationsKeptMs,
  }: {
    store: Pick<Store, 'tidy' | 'access' | 'notifications'>
    clock: Clock
    logger: Logger
    intervalMs: number
    auditKeptMs: number
    notificationsKeptMs: number
  }) {
    this.#periodic = new Periodic({
      work: async () => {
        await store.tidy()
        await store.access.pruneAudit(auditKeptMs)
        await store.notifications.prune(notificationsKeptMs)
      },
      clock,
      intervalMs,
      onError: (error) => logger.error({ err: error }, 'The store could not be kept in order; trying again'),
    })
  }

  start(): void {
    this.#periodic.start()
  }

  stop(): Promise<void> {
    return this.#periodic.stop()
  }
}
