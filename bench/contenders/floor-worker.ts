import type pg from 'pg'
import type { Handle, Payload } from '../contender.ts'

/** Larger batches and more of them under way gain nothing; smaller ones, or one at a time, cost a quarter. */
const BATCH = 2000
const LANES = 2

const CLAIM_MANY = `
  UPDATE jobs SET state = 1
  WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM jobs WHERE state = 0 AND id > $1 ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  ))
  RETURNING id, payload`
const CLAIM_ONE = 'UPDATE jobs SET state = 1 WHERE id = $1 AND state = 0 RETURNING id, payload'
const SETTLE = 'UPDATE jobs SET state = 2 WHERE id = ANY ($1::uuid[])'
/** Below every id. */
const NIL = '00000000-0000-0000-0000-000000000000'

interface Job {
  id: string
  payload: Payload
}

/** Works off what waits when it begins, and from then on single jobs that it is told of. */
export class FloorWorker {
  readonly #pool: pg.Pool
  readonly #handle: Handle
  readonly #underWay = new Set<Promise<unknown>>()
  #listener: pg.PoolClient | undefined

  constructor(pool: pg.Pool, handle: Handle) {
    this.#pool = pool
    this.#handle = handle
  }

  get isStarted(): boolean {
    return this.#listener !== undefined
  }

  async begin(): Promise<void> {
    this.#listener = await this.#pool.connect()
    this.#listener.on('notification', ({ payload = '' }) => this.#track(this.#take('claim one', CLAIM_ONE, payload)))
    await this.#listener.query('LISTEN jobs')
    for (let lane = 0; lane < LANES; lane++) this.#track(this.#drain())
  }

  /** Calls the handler at once for jobs that are claimed, and settles them. */
  start(jobs: readonly Job[]): void {
    this.#track(this.#work(jobs))
  }

  async stop(): Promise<void> {
    // Closed, since it listens.
    this.#listener?.release(true)
    this.#listener = undefined
    await Promise.all(this.#underWay)
  }

  /** Each claim goes on where the one before ended, and so does not walk past what that left behind. */
  async #drain(): Promise<void> {
    let last: string | undefined = NIL
    while (this.isStarted && last !== undefined) last = await this.#take('claim many', CLAIM_MANY, last)
  }

  /** Answers the id of the last job that it claimed. */
  async #take(name: string, text: string, value: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<Job>({ name, text, values: [value] })
    if (rows.length > 0) await this.#work(rows)
    return rows.at(-1)?.id
  }

  async #work(jobs: readonly Job[]): Promise<void> {
    for (const { payload } of jobs) this.#handle(payload)
    await this.#pool.query({ name: 'settle', text: SETTLE, values: [jobs.map(({ id }) => id)] })
  }

  #track(work: Promise<unknown>): void {
    this.#underWay.add(work)
    void work.then(() => this.#underWay.delete(work))
  }
}
