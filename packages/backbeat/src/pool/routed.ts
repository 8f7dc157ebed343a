import type { Recorder } from '../attempt/recorder.ts'
import type { Assignment } from '../job/assignment.ts'
import type { PoolKind } from '../task/define.ts'
import type { Pool, PoolRun, RunListener } from './pool.ts'

export interface RoutedPoolOptions {
  /** Which pool an attempt runs in. */
  route(assignment: Assignment): PoolKind
  /** Creates a pool; called once for each kind, when it is first needed. */
  create(kind: PoolKind): Pool
  /** The pools that are started at once, so that one that cannot work is refused at the start. */
  kinds: readonly PoolKind[]
}

/** Runs each attempt in the pool that its task asks for. */
export class RoutedPool implements Pool {
  readonly #options: RoutedPoolOptions
  readonly #pools = new Map<PoolKind, Pool>()

  constructor(options: RoutedPoolOptions) {
    this.#options = options
    for (const kind of options.kinds) this.#get(kind)
  }

  /** Whether every pool can. */
  get canKill(): boolean {
    return [...this.#pools.values()].every(({ canKill }) => canKill)
  }

  async start(): Promise<void> {
    for (const pool of this.#pools.values()) await pool.start()
  }

  run(assignment: Assignment, recorder: Recorder, listener: RunListener): PoolRun {
    return this.#get(this.#options.route(assignment)).run(assignment, recorder, listener)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()))
  }

  #get(kind: PoolKind): Pool {
    const pool = this.#pools.get(kind) ?? this.#options.create(kind)
    this.#pools.set(kind, pool)
    return pool
  }
}
