import type { Client, ClientConfig, Pool, PoolClient, QueryConfig } from 'pg'
import { closedStore, isCollision, leavesConnectionUsable, refusesSettings } from './errors.ts'
import type { PgLibrary } from './library.ts'
import type { Location } from './location.ts'
import { HAS_SETTINGS, sessionOptions, transactionSettings } from './session-settings.ts'

/** What a statement gave. */
export interface Rows<Row> {
  rows: Row[]
  /** How many rows it read or changed. */
  rowCount: number
  command: string
}

/** Where statements run: each in a transaction of its own, or all in one. */
export interface Session {
  run<Row = Record<string, unknown>>(text: string, parameters?: readonly unknown[]): Promise<Rows<Row>>
}

/** A transaction that stays open until its owner ends it. */
export interface OpenTransaction extends Session {
  readonly client: PoolClient
  /** Gives the connection back, or closes it where it may be of no use to the next. */
  release(isUsable: boolean): void
}

/** How the driver gives the rows of a statement. */
type RowMode = 'object' | 'array'

/** The server gives up first and says why; this is for a server that has stopped answering. */
const SILENCE_MS = 2000
const IDLE_MS = 30_000
const KEEP_ALIVE_MS = 10_000
/** Node's timers know no longer time; 0 would mean the usual one. */
const FOR_EVER_MS = 2 ** 31 - 1
/** A transaction that collided with another is tried this often in all. */
const TRIES = 5
const BIGINT = 20

/**
 * A bounded number of connections, and the transactions on them. Nothing relies on the state of a
 * session, so that a pooler may stand in between that hands each transaction to another one.
 */
export class PostgresConnection implements Session {
  readonly location: Location
  readonly #pg: PgLibrary
  readonly #names = new Map<string, string>()
  #pool: Pool
  /** For transactions that others hold open, so that claims and leases never wait for them. */
  readonly #heldPool: Pool
  readonly #waiting: (() => void)[] = []
  #held = 0
  /** Whether a session keeps its settings from one transaction to the next; not where a pooler shares it out. */
  #sessionsAreOurs = true
  #probing: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(pg: PgLibrary, location: Location) {
    this.#pg = pg
    this.location = location
    this.#pool = this.#createPool()
    this.#heldPool = this.#createPool(this.#plainConfig())
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** Runs one statement in a transaction of its own. */
  run<Row>(text: string, parameters: readonly unknown[] = []): Promise<Rows<Row>> {
    return this.#runAs<Row>('object', text, parameters)
  }

  /** As {@link run}, with each row as a list of its values: thousands of rows cost a third of what they do as objects. */
  async arrays<Row extends readonly unknown[]>(text: string, parameters: readonly unknown[]): Promise<Row[]> {
    return (await this.#runAs<Row>('array', text, parameters)).rows
  }

  #runAs<Row>(rowMode: RowMode, text: string, parameters: readonly unknown[]): Promise<Rows<Row>> {
    return this.#withRetries(() =>
      this.#withClient((client) =>
        this.#sessionsAreOurs
          ? this.#query<Row>(client, text, parameters, { rowMode })
          : this.#inTransaction(client, () => this.#query<Row>(client, text, parameters, { rowMode })),
      ),
    )
  }

  /**
   * Does the work in one transaction. Where it collides with another, the work is done once more
   * from its beginning, so it must change nothing but the database.
   *
   * @param timeoutMs how long a single statement may take; by default as long as any other
   */
  async transaction<Result>(work: (session: Session) => Promise<Result>, timeoutMs?: number): Promise<Result> {
    return this.#withRetries(() => this.#withClient((client) => this.#inTransaction(client, work, timeoutMs)))
  }

  /**
   * Begins a transaction for its owner to use and end, on one of as many connections as the others'
   * bound; while all are taken, it waits. The session is as the server gives it, for statements that
   * are not ours: only their time is bounded, and not that between two of them.
   */
  async begin(): Promise<OpenTransaction> {
    if (this.#held >= this.location.pool) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#held += 1
    let client: PoolClient | undefined
    const release = (isUsable: boolean) => {
      client?.release(!isUsable)
      const next = this.#waiting.shift()
      if (next) next()
      else this.#held -= 1
    }
    try {
      if (this.isClosed) throw closedStore(this.location.shown)
      client = await this.#heldPool.connect()
      const { timeoutMs } = this.location
      const bounds = `SET LOCAL statement_timeout = ${timeoutMs}; SET LOCAL lock_timeout = ${Math.ceil(timeoutMs / 3)}`
      const idle = 'SET LOCAL idle_in_transaction_session_timeout = 0'
      await this.#query(client, `BEGIN ISOLATION LEVEL READ COMMITTED; ${bounds}; ${idle}`, [])
    } catch (error) {
      release(false)
      throw error
    }
    const held = client
    return { client: held, release, run: (text, parameters = []) => this.#query(held, text, parameters) }
  }

  /**
   * Runs a statement that must not be part of a transaction, for as long as it takes, on a connection of
   * its own: nothing of ours bounds it there.
   */
  async runAlone(text: string): Promise<void> {
    const client = await this.createClient()
    try {
      await client.connect()
      if (this.#sessionsAreOurs) await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
      const query: QueryConfig & { query_timeout: number } = { text, query_timeout: FOR_EVER_MS }
      await client.query(query)
    } finally {
      await client.end()
    }
  }

  /** A connection outside the bound, which its owner closes. It is not connected yet. */
  async createClient(): Promise<Client> {
    await this.#probed()
    const client = new this.#pg.Client(this.#clientConfig())
    // A connection that is lost says so here; without a listener the process would end.
    client.on('error', () => {})
    return client
  }

  /** Waits for what is under way. May be called again. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#pool.end(), this.#heldPool.end()]).then(() => {})
    return this.#closing
  }

  async #inTransaction<Result>(
    client: PoolClient,
    work: (session: Session) => Promise<Result>,
    timeoutMs = this.location.timeoutMs,
  ): Promise<Result> {
    const settings = this.#sessionsAreOurs ? '' : `; ${transactionSettings(this.location)}`
    await this.#query(client, `BEGIN ISOLATION LEVEL READ COMMITTED${settings}`, [])
    try {
      const result = await work({
        run: (text, parameters = []) => this.#query(client, text, parameters, { timeoutMs }),
      })
      await this.#query(client, 'COMMIT', [])
      return result
    } catch (error) {
      if (leavesConnectionUsable(error)) await this.#query(client, 'ROLLBACK', [])
      throw error
    }
  }

  async #query<Row>(
    client: PoolClient,
    text: string,
    parameters: readonly unknown[],
    { timeoutMs = this.location.timeoutMs, rowMode = 'object' }: { timeoutMs?: number; rowMode?: RowMode } = {},
  ): Promise<Rows<Row>> {
    const query: QueryConfig & { query_timeout: number; rowMode?: 'array' } = {
      text,
      values: parameters as unknown[],
      query_timeout: timeoutMs + SILENCE_MS,
      types: { getTypeParser: this.#parserOf },
    }
    if (rowMode === 'array') query.rowMode = rowMode
    if (this.location.prepare && this.#sessionsAreOurs && parameters.length > 0) query.name = this.#nameOf(text)
    return (await client.query(query)) as unknown as Rows<Row>
  }

  #nameOf(text: string): string {
    let name = this.#names.get(text)
    if (!name) {
      name = `backbeat_${this.#names.size + 1}`
      this.#names.set(text, name)
    }
    return name
  }

  async #withRetries<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (!isCollision(error) || tries === TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** tries * Math.random()))
      }
    }
  }

  async #withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#acquire()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      client.release(!leavesConnectionUsable(error))
      throw error
    }
  }

  async #acquire(): Promise<PoolClient> {
    if (this.isClosed) throw closedStore(this.location.shown)
    await this.#probed()
    return this.#pool.connect()
  }

  #probed(): Promise<void> {
    this.#probing ??= this.#probe().catch((error) => {
      this.#probing = undefined
      throw error
    })
    return this.#probing
  }

  /** A pooler that shares sessions out refuses settings for the session, or drops them without a word. */
  async #probe(): Promise<void> {
    try {
      const client = await this.#pool.connect()
      const { rows } = await client.query<{ has_settings: boolean | null }>(HAS_SETTINGS).finally(client.release)
      this.#sessionsAreOurs = rows[0]?.has_settings === true
    } catch (error) {
      if (!refusesSettings(error) || this.isClosed) throw error
      this.#sessionsAreOurs = false
      this.#pool = this.#createPool()
    }
  }

  #createPool(config = this.#clientConfig()): Pool {
    const pool = new this.#pg.Pool({
      ...config,
      max: this.location.pool,
      idleTimeoutMillis: IDLE_MS,
      allowExitOnIdle: true,
    })
    // Idle connections are lost whenever the server restarts; the pool replaces them.
    pool.on('error', () => {})
    // And one that is lost between two statements of a transaction says so here first.
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }

  #clientConfig(): ClientConfig {
    return {
      ...this.#plainConfig(),
      ...(this.#sessionsAreOurs ? { options: sessionOptions(this.location) } : {}),
      types: { getTypeParser: this.#parserOf },
    }
  }

  #plainConfig(): ClientConfig {
    const { connectionString, timeoutMs, options } = this.location
    return {
      connectionString,
      fallback_application_name: 'backbeat',
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs + SILENCE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      ...(options === '' ? {} : { options }),
    }
  }

  /** Whole numbers here are times and counts, which a number holds exactly. Others' parsers are left alone. */
  readonly #parserOf = (type: number, format?: 'text' | 'binary'): unknown =>
    type === BIGINT ? Number : this.#pg.types.getTypeParser(type as never, format as never)
}
