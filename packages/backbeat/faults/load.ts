import { v7 as uuidv7 } from 'uuid'
import { BackbeatError } from '../src/errors.ts'
import type { Json } from '../src/json.ts'
import type { JobInsertion, NewJob } from '../src/store/store.ts'
import type { Random } from './random.ts'
import { sleep } from './waiting.ts'

/** Enough that no job of the load ever gets stuck, however many workers it loses. */
const REDELIVERIES = 1000
const TICK_MS = 100
/** As many as their retry policies allow: what fails for a passing reason must not fail for good. */
const ATTEMPTS: Record<string, number> = { 'faults.flaky': 4, 'faults.post': 100 }
/** How many items are recorded together, and so may be done twice by the worker that takes over. */
export const ITEM_BATCH = 10

/** A job of which the store knows nothing yet. */
export function jobOf(taskType: string, input: Json, overrides: Partial<NewJob> = {}): NewJob {
  return {
    id: uuidv7(),
    taskType,
    queue: 'default',
    priority: 0,
    input,
    triggeredBy: 'load',
    tags: [],
    runAt: null,
    maxAttempts: ATTEMPTS[taskType] ?? 1,
    maxRedeliveries: REDELIVERIES,
    uniqueKey: null,
    uniquePeriodMs: null,
    replacesWaiting: false,
    retriedFromId: null,
    retryScope: 'all',
    totalItems: 0,
    expiresAt: null,
    restrictions: null,
    tenant: null,
    ...overrides,
  }
}

/** Enqueues jobs of known ids, steadily, whatever happens to the store meanwhile. */
export class Load {
  /** Every job that was given to the store, whether it answered or not. */
  readonly ids: string[] = []
  /** Codes of the store's refusals, counted. */
  readonly refusals: Record<string, number> = {}
  readonly #store: JobInsertion
  readonly #effects: string
  readonly #random: Random
  #running: Promise<void> | undefined
  #stopping = false

  constructor(store: JobInsertion, effects: string, random: Random) {
    this.#store = store
    this.#effects = effects
    this.#random = random
  }

  start(perSecond: number): void {
    this.#stopping = false
    this.#running = this.#run(perSecond)
  }

  /** Resolves when everything that was begun is stored. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  /** Stores so many jobs of the usual kinds. */
  async add(count: number): Promise<void> {
    await this.insert(Array.from({ length: count }, () => this.#job()))
  }

  /** Stores the jobs, and goes on trying for as long as the store is away. */
  async insert(jobs: readonly NewJob[]): Promise<void> {
    this.ids.push(...jobs.map(({ id }) => id))
    const giveUpAt = Date.now() + 120_000
    for (;;) {
      try {
        await this.#store.insert(jobs)
        return
      } catch (error) {
        const code = error instanceof BackbeatError ? error.code : `not coded: ${error}`
        // It had been committed, and only the answer was lost.
        if (code === 'duplicate_job_id') return
        this.refusals[code] = (this.refusals[code] ?? 0) + 1
        if (Date.now() > giveUpAt) throw error
        await sleep(TICK_MS)
      }
    }
  }

  async #run(perSecond: number): Promise<void> {
    const perTick = Math.max(1, Math.round((perSecond * TICK_MS) / 1000))
    while (!this.#stopping) {
      await this.add(perTick)
      await sleep(TICK_MS)
    }
  }

  #job(): NewJob {
    const random = this.#random
    const effects = this.#effects
    const kind = random.integer(1, 10)
    if (kind <= 2) {
      const [count, ms] = [random.integer(1, 40), random.integer(0, 10)]
      return jobOf('faults.items', { effects, count, batch: ITEM_BATCH, ms })
    }
    if (kind === 3) return jobOf('faults.flaky', { effects, failures: random.integer(1, 2) })
    if (kind === 4) return jobOf('faults.post', { effects, ms: random.integer(0, 20) })
    return jobOf(kind === 5 ? 'faults.warned' : 'faults.work', { effects, ms: random.integer(0, 200) })
  }
}
