import { pino } from 'pino'
import { expect } from 'vitest'
import { Client } from '../../src/client/client.ts'
import type { Lease } from '../../src/job/assignment.ts'
import { Rescuer } from '../../src/maintenance/rescuer.ts'
import type { Store } from '../../src/store/store.ts'
import type { TaskRegistry } from '../../src/task/registry.ts'
import type { ManualClock } from '../../src/testing/manual-clock.ts'
import type { LifeModel, ModelJob } from './model.ts'

/** The real store, and who acts on it. */
export class Life {
  readonly store: Store
  readonly client: Client
  readonly rescuer: Rescuer
  readonly clock: ManualClock
  /** Every lease that was ever handed out. */
  readonly leases: Lease[] = []

  constructor(store: Store, registry: TaskRegistry, clock: ManualClock) {
    this.store = store
    this.clock = clock
    this.client = new Client(store, registry, clock)
    const logger = pino({ level: 'silent' })
    this.rescuer = new Rescuer({ store, registry, clock, logger, intervalMs: 1000, held: () => [] })
  }

  /** The record equals the model, of the job and of all that it retries. */
  async expectAsModelled({ current, retried }: LifeModel): Promise<void> {
    for (const job of [current, ...retried]) await this.#expectJob(job)
  }

  /** Nothing that comes with a lease which is not the current one is written. */
  async expectRefused(lease: Lease, model: LifeModel): Promise<void> {
    const { store } = this
    const late = { ...lease }
    const settlement = { lease: late, changes: model.decide({ kind: 'success', result: 'late', warnings: [] }, null) }
    expect(await store.settle([{ ...settlement, knewOfCancel: true }])).toEqual([{ kind: 'refused' }])
    expect(await store.renew([late], 1_000_000)).toEqual({ lost: [late], cancelled: [] })
    const line = { at: 1, level: 'info' as const, message: 'late', fields: null }
    const progress = { percent: 77, message: 'late', meta: null }
    expect(await store.report([{ lease: late, report: { progress, logs: [line] } }])).toEqual([late])
    const counts = { total: 1, processed: 1, successful: 1, failed: 0 }
    const outcomes = [{ key: 'late', position: 0, attempts: 1 }]
    expect(await store.recordItems(late, { outcomes, counts, message: 'late' })).toBe(false)
    expect((await store.logs(late.jobId, { limit: 1 })).entries).toEqual([])
    expect((await store.items(late.jobId, {}, { limit: 1 })).entries).toEqual([])
  }

  async #expectJob(job: ModelJob): Promise<void> {
    expect(await this.store.get(job.id)).toMatchObject({
      status: job.status,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts,
      redeliveries: job.redeliveries,
      runAt: job.runAt,
      completedAt: job.completedAt,
      cancelReason: job.cancelReason,
      result: job.result,
      progressMessage: null,
      items: { processed: 0 },
    })
    const attempts = await this.store.attempts(job.id)
    expect(attempts.map(({ attempt, outcome }) => ({ attempt, outcome }))).toEqual(job.attempts)
    expect(attempts.map(({ ordinal }) => ordinal)).toEqual(job.attempts.map((_, index) => index + 1))
  }
}
