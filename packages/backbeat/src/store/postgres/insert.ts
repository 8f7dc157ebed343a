import { BackbeatError } from '../../errors.ts'
import { mayMeetAnother } from '../../job/meeting.ts'
import { areAlike } from '../sql/alike.ts'
import { handedOver } from '../sql/handed-over.ts'
import { withStorableKeys } from '../sql/storable-keys.ts'
import type { ClaimedJob, Insertion, NewJob, Transaction } from '../store.ts'
import { textArray, uuidArray } from './binary-arrays.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { closedStore, explainFault } from './errors.ts'
import { inLockOrder, inputText, inRounds, isSpecial, type Row, rowOf } from './insert-rows.ts'
import { type InsertSql, insertSql, type Telling, valuesOfOne } from './insert-sql.ts'
import { journalEntries } from './journal.ts'
import { sessionIn, sqlStateOf } from './lent-transaction.ts'
import { channelOf, type Notifier } from './notifier.ts'
import type { StoreTime, TableNames } from './statements.ts'
import { TurnReserver } from './turns.ts'
import { arrayOf, holdForPeriods, type InTheWay, letGo, lockKeys, makeWay } from './unique.ts'

/** A job that ends as soon as it is looked at is met this often at most. */
const TRIES = 20

/** Who speaks at the commit of the application's transaction: no store, so that every store listens. */
const APPLICATION = 'application'

/** Stores jobs, but for those that meet another of their key. */
export class JobInserter {
  readonly #connection: PostgresConnection
  readonly #time: StoreTime
  readonly #turns: TurnReserver
  readonly #sql: InsertSql
  readonly #notifier: Notifier

  constructor(connection: PostgresConnection, tables: TableNames, time: StoreTime, notifier: Notifier) {
    this.#connection = connection
    this.#time = time
    this.#turns = new TurnReserver(connection, tables)
    this.#sql = insertSql(tables)
    this.#notifier = notifier
  }

  /** Stores jobs, and tells the other processes of those that are stored. */
  async insert(jobs: readonly NewJob[]): Promise<Insertion[]> {
    return jobs.some(mayMeetAnother) ? this.#insertKeyed(jobs) : this.#insertPlain(jobs)
  }

  async #insertPlain(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const payload = this.#notifier.takeTurn('ready')
    const telling = payload === undefined ? [] : [channelOf(this.#connection.location.schema), payload]
    const insertions = await this.#insertUnmet(this.#connection, jobs, telling)
    if (payload === undefined) this.#notifier.tell('ready')
    return insertions
  }

  async #insertKeyed(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const insertions = await this.#insertWhole(jobs)
    if (insertions.some(({ inserted }) => inserted)) this.#notifier.tell('ready')
    return insertions
  }

  async #insertWhole(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const rows = await this.#rowsOf(jobs)
    // One job that asks for nothing more than its key is one statement, and so a transaction by itself.
    if (rows.length === 1 && !rows.some(isSpecial)) return this.#insertOthers(this.#connection, rows)
    return this.#connection.transaction((session) => this.#insertOthers(session, rows))
  }

  /** As {@link JobHandOver.insertClaimed}. */
  async insertClaimed(jobs: readonly NewJob[], worker: string, leaseMs: number): Promise<ClaimedJob[]> {
    const rows = await this.#rowsOf(jobs)
    const { text, given } = this.#given(rows, this.#sql.insertClaimedOne, this.#sql.insertClaimed)
    const parameters = [...given, worker, leaseMs]
    try {
      const stored = await this.#connection.run<{ id: string; started_at: number | null }>(text, parameters)
      const startedAt = new Map(stored.rows.map((row) => [row.id, row.started_at]))
      return jobs.flatMap((job) => {
        const at = startedAt.get(job.id) ?? null
        return at === null ? [] : [handedOver(job, at)]
      })
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(jobs, error) : error
    }
  }

  /**
   * Stores jobs in a transaction of the application's. Errors of its database are left as its library
   * gives them, so that the application still knows, say, a collision that it may try again.
   *
   * No savepoint is set: after an error nothing of the transaction can be committed, so neither can
   * half of the jobs, and savepoints slow the whole server once a transaction has many.
   */
  async insertIn(transaction: Transaction, jobs: readonly NewJob[]): Promise<Insertion[]> {
    const { location, isClosed } = this.#connection
    if (isClosed) throw closedStore(location.shown)
    const session = sessionIn(transaction)
    await session.run(this.#sql.begin)
    const insertions = jobs.some(mayMeetAnother)
      ? await this.#insertOthers(session, await this.#rowsOf(jobs))
      : await this.#insertUnmet(session, jobs)
    if (insertions.some(({ inserted }) => inserted)) {
      await session.run(this.#sql.notify, [channelOf(location.schema), `${APPLICATION} ready`])
    }
    return insertions
  }

  /** @param telling the channel and the payload of a notification, where the statement is to send one */
  async #insertUnmet(session: Session, jobs: readonly NewJob[], telling: readonly string[] = []): Promise<Insertion[]> {
    if (areAlike(jobs)) return this.#insertAlike(session, jobs, telling)
    return this.#insertRows(session, await this.#rowsOf(jobs), telling)
  }

  async #insertAlike(session: Session, jobs: readonly NewJob[], telling: readonly string[]): Promise<Insertion[]> {
    const [first] = jobs as [NewJob]
    const { id: _, input: __, ...shared } = rowOf(withStorableKeys(first), undefined)
    const ids = jobs.map(({ id }) => id)
    const inputs = jobs.map(({ input }) => inputText(input))
    const common = [this.#time.parameter, JSON.stringify(shared)]
    try {
      if (session === this.#connection) {
        const text = wording(this.#sql.insertAlike, telling)
        await session.run(text, [...common, uuidArray(ids), textArray(inputs), ...telling])
      } else {
        const lists = [JSON.stringify(ids), JSON.stringify(inputs), journalEntries(ids)]
        await session.run(this.#sql.insertAlikeLent, [...common, ...lists])
      }
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(jobs, error) : error
    }
    return ids.map((id) => ({ id, inserted: true }))
  }

  async #rowsOf(jobs: readonly NewJob[]): Promise<Row[]> {
    if (new Set(jobs.map(({ id }) => id)).size < jobs.length) throw duplicateId(jobs)
    const storable = jobs.map(withStorableKeys)
    // On a connection of our own, also where an application lends us its transaction.
    const turns = await this.#turns.reserve(storable).catch((error) => {
      throw explainFault(error, this.#connection.location.shown)
    })
    return storable.map((job) => rowOf(job, turns.get(job.id)))
  }

  async #insertRows(session: Session, rows: readonly Row[], telling: readonly string[]): Promise<Insertion[]> {
    try {
      const { text, given } = this.#given(rows, this.#sql.insertOne, this.#sql.insert)
      await session.run(wording(text, telling), [...given, ...telling])
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(rows, error) : error
    }
    return rows.map(({ id }) => ({ id, inserted: true }))
  }

  /** The statement for so many rows, and its first parameters. */
  #given<Text>(rows: readonly Row[], forOne: Text, forMany: Text): { text: Text; given: unknown[] } {
    const [first] = rows
    const isOne = first !== undefined && rows.length === 1
    const told = isOne ? valuesOfOne(first) : [JSON.stringify(rows)]
    const entries = journalEntries(rows.map(({ id }) => id))
    return { text: isOne ? forOne : forMany, given: [this.#time.parameter, ...told, entries] }
  }

  async #insertOthers(session: Session, rows: readonly Row[]): Promise<Insertion[]> {
    const insertions = new Map<string, Insertion>()
    const ordered = inLockOrder(rows)
    const takesSteps = rows.some(isSpecial)
    if (takesSteps) await lockKeys(session, this.#sql, ordered)
    for (const round of takesSteps ? inRounds(ordered) : [ordered]) {
      await this.#insertRound(session, round, insertions)
    }
    return rows.map(({ id }) => insertions.get(id) as Insertion)
  }

  async #insertRound(session: Session, round: Row[], insertions: Map<string, Insertion>): Promise<void> {
    let open = round
    const held = new Set<string>()
    // What is in the way may come to rest before it is looked for; then the way is free.
    for (let tries = 0; open.length > 0; tries++) {
      if (tries === TRIES) throw unsettled()
      await makeWay(session, this.#sql, this.#time.parameter, open)
      const wanting = open.filter(({ id }) => !held.has(id))
      const holders = await holdForPeriods(session, this.#sql, this.#time.parameter, wanting)
      const free = open.filter(({ id }) => !holders.has(id))
      for (const { id } of free) held.add(id)
      for (const [id, activeJobId] of holders) {
        if (activeJobId !== null) insertions.set(id, { id, inserted: false, activeJobId })
      }
      if (free.length > 0) await this.#insertFree(session, free, insertions)
      open = open.filter(({ id }) => !insertions.has(id))
    }
  }

  async #insertFree(session: Session, rows: readonly Row[], insertions: Map<string, Insertion>): Promise<void> {
    const parameters = [this.#time.parameter, JSON.stringify(rows)]
    const inserted = await session.run<{ id: string }>(this.#sql.insertFree, parameters)
    for (const { id } of inserted.rows) insertions.set(id, { id, inserted: true })
    const refused = rows.filter(({ id }) => !insertions.has(id))
    if (refused.length === 0) return
    await this.#findInTheWay(session, refused, insertions)
    await letGo(
      session,
      this.#sql,
      refused.filter(({ id }) => insertions.has(id)),
    )
  }

  /** Notes which active job is in each row's way; for some none is by now. */
  async #findInTheWay(session: Session, refused: readonly Row[], insertions: Map<string, Insertion>): Promise<void> {
    const { rows } = await session.run<InTheWay>(this.#sql.inTheWay, [
      arrayOf(refused.map(({ unique_key }) => unique_key)),
      arrayOf(refused.map(({ retried_from_id }) => retried_from_id)),
      arrayOf(refused.map(({ id }) => id)),
    ])
    const byKey = new Map(rows.map(({ key, id }) => [key, id]))
    const byRetried = new Map(rows.map(({ retried, id }) => [retried, id]))
    const ids = new Set(rows.map(({ id }) => id))
    for (const { id, unique_key, retried_from_id } of refused) {
      const activeJobId =
        (unique_key === null ? undefined : byKey.get(unique_key)) ??
        (retried_from_id === null ? undefined : byRetried.get(retried_from_id))
      if (activeJobId !== undefined) insertions.set(id, { id, inserted: false, activeJobId })
      else if (ids.has(id)) throw duplicateId([{ id }])
    }
  }
}

function wording({ quietly, telling }: Telling, told: readonly string[]): string {
  return told.length > 0 ? telling : quietly
}

function isDuplicate(error: unknown): boolean {
  return sqlStateOf(error) === '23505'
}

function duplicateId(jobs: readonly { id: string }[], cause?: unknown): BackbeatError {
  const which = jobs.length === 1 ? `A job with the id ${jobs[0]?.id}` : `One of these ${jobs.length} jobs, by its id,`
  return new BackbeatError(
    'duplicate_job_id',
    `${which} is stored already. Nothing was stored; give each job an id of its own.`,
    { cause, status: 409 },
  )
}

function unsettled(): BackbeatError {
  return new BackbeatError(
    'store_busy',
    'Jobs of the same unique key come and go faster than one more can be stored. Nothing was stored; try again.',
    { status: 503 },
  )
}
