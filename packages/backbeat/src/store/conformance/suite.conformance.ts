import { expect } from 'vitest'
import type { Clock } from '../../clock.ts'
import type { Lease } from '../../job/assignment.ts'
import type { Job, JobSummary } from '../../job/job.ts'
import type { Status } from '../../job/states.ts'
import type { Changes } from '../../job/transition.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import type { Patience } from '../sql/job-search.ts'
import type { Migration } from '../sql/upgrade.ts'
import type { ClaimedJob, ClaimRequest, JobFilter, NewJob, Page, SettlementResult, Store } from '../store.ts'
import { changesTo, LEASE_MS, leaseOf, newJob } from './fixtures.conformance.ts'

/**
 * Opens a store over an empty database of its own; or, with `url`, the one that an open store said
 * is its own. `migrations` are those of another version of this package.
 */
export type OpenStore = (options: OpenOptions) => Promise<Store>

interface OpenOptions {
  clock: Clock
  url?: string
  migrations?: readonly Migration[]
  /** For how long lists look for jobs. */
  patience?: Patience
}

/** A migrated store for each test, and the steps that tests are made of. */
export class Suite {
  clock = new ManualClock()
  readonly #open: OpenStore
  readonly #opened: Store[] = []

  constructor(open: OpenStore) {
    this.#open = open
  }

  /** The store of this test. */
  get store(): Store {
    const [store] = this.#opened
    if (!store) throw new Error('no store is open')
    return store
  }

  async begin(): Promise<void> {
    this.clock = new ManualClock()
    await (await this.openOne()).migrate()
  }

  async end(): Promise<void> {
    for (const one of this.#opened.splice(0).reverse()) await one.close()
  }

  openOne = async (url?: string, migrations?: readonly Migration[], patience?: Patience): Promise<Store> => {
    const { clock } = this
    const one = await this.#open({
      clock,
      ...(url !== undefined && { url }),
      ...(migrations && { migrations }),
      ...(patience && { patience }),
    })
    this.#opened.push(one)
    return one
  }

  /** Stores one job, which must be accepted, and answers its id. */
  add = async (overrides: Partial<NewJob> = {}): Promise<string> => {
    const job = newJob(overrides)
    expect(await this.store.insert([job])).toEqual([{ id: job.id, inserted: true }])
    return job.id
  }

  claim = async (request: Partial<ClaimRequest> = {}): Promise<ClaimedJob[]> => {
    const claim = { worker: 'w1', limit: 100, queues: null, leaseMs: LEASE_MS, ...request }
    return (await this.store.claim(claim)).jobs
  }

  claimIds = async (request: Partial<ClaimRequest> = {}): Promise<string[]> => {
    return (await this.claim(request)).map(({ jobId }) => jobId)
  }

  /** Stores one job and claims it. */
  start = async (overrides: Partial<NewJob> = {}): Promise<ClaimedJob> => {
    const id = await this.add(overrides)
    const claimed = await this.claim()
    expect(claimed.map(({ jobId }) => jobId)).toEqual([id])
    return claimed[0] as ClaimedJob
  }

  settle = async (
    lease: Lease,
    changes: Partial<Changes> & { status: Status },
    knewOfCancel = false,
  ): Promise<SettlementResult | undefined> => {
    const settlement = { lease: leaseOf(lease), knewOfCancel, changes: changesTo(changes) }
    return (await this.store.settle([settlement]))[0]
  }

  job = async (id: string): Promise<Job> => {
    const found = await this.store.get(id)
    if (!found) throw new Error(`job ${id} is missing`)
    return found
  }

  /** Every page of a list, joined. */
  allIds = async (filter: JobFilter, limit = 100, store = this.store): Promise<string[]> => {
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: Page<JobSummary> = await store.list(filter, cursor === null ? { limit } : { limit, cursor })
      ids.push(...page.entries.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    return ids
  }
}
