import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../src/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { type Audit, audit } from './audit.ts'
import type { Database, DatabaseKind } from './databases.ts'
import { readEffects } from './effects.ts'
import { Fleet } from './fleet.ts'
import { Load } from './load.ts'
import { Random } from './random.ts'
import { until } from './waiting.ts'

export interface GroundOptions {
  workers?: number
  concurrency?: number
  leaseMs?: number
  seed?: number
  nodeFlags?: readonly string[]
  /** How workers reach the store, where that is not how we do. */
  workerUrl?: (url: string) => string
}

/** A time in which the store could not be used. */
export interface Outage {
  fault: string
  from: number
  to: number
}

/** A whole system to be harmed: a database, workers on it, load, and the record of what was done. */
export class Ground {
  readonly folder: string
  readonly effects: string
  readonly database: Database
  readonly store: Store
  readonly fleet: Fleet
  readonly load: Load
  readonly random: Random
  readonly leaseMs: number
  /** When the store could not be used, and by which fault. */
  readonly outages: Outage[] = []

  /** A system that is ready to work, with an empty database of its own. */
  static async prepare(kind: DatabaseKind, options: GroundOptions = {}): Promise<Ground> {
    const folder = mkdtempSync(join(tmpdir(), 'backbeat-faults-'))
    const database = await kind.create(folder)
    const store = await openStore(database.url)
    await store.migrate()
    await database.createLedger()
    const ground = new Ground(folder, database, store, options)
    try {
      await ground.fleet.start()
      return ground
    } catch (error) {
      await ground.close()
      throw error
    }
  }

  private constructor(folder: string, database: Database, store: Store, options: GroundOptions) {
    const { workers = 2, concurrency = 3, leaseMs = 1000, seed = 1, nodeFlags = [], workerUrl } = options
    this.folder = folder
    this.effects = join(folder, 'effects')
    this.database = database
    this.store = store
    this.leaseMs = leaseMs
    this.random = new Random(seed)
    this.load = new Load(store, this.effects, this.random)
    const lease = `${leaseMs}ms`
    this.fleet = new Fleet({
      store: workerUrl?.(database.url) ?? database.url,
      folder,
      size: workers,
      lease,
      concurrency,
      nodeFlags,
    })
  }

  /** How many jobs run now; 0 where the store cannot say. */
  async running(): Promise<number> {
    try {
      return (await this.store.list({ status: ['running'] }, { limit: 200 })).entries.length
    } catch {
      return 0
    }
  }

  /** Resolves when no job waits or runs any more. */
  async rest(withinMs = 120_000): Promise<void> {
    const moving = { status: ['pending', 'running', 'retrying'] } as const
    const rests = async () => (await this.store.list(moving, { limit: 1 })).entries.length === 0
    await until('every job rests', rests, { withinMs, everyMs: 100 })
  }

  /** Keeps the store from being used for as long as the work takes. */
  async outage(fault: string, work: () => Promise<void>): Promise<void> {
    const from = Date.now()
    await work()
    this.outages.push({ fault, from, to: Date.now() })
  }

  /** Compares everything that was asked for with everything that is known. */
  async audit(): Promise<Audit> {
    const { store, effects, load, fleet, database } = this
    const postings = await database.postings()
    return audit({ store, ids: load.ids, effects: readEffects(effects), postings, harms: fleet.harms })
  }

  async close(): Promise<void> {
    await this.load.stop().catch(() => undefined)
    await this.fleet.close()
    await this.store.close()
    await this.database.drop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
