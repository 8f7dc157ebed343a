import { BackbeatError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import { areAlike } from '../sql/alike.ts'
import { handedOver } from '../sql/handed-over.ts'
import { withStorableKeys } from '../sql/storable-keys.ts'
import { storableName, toJsonText } from '../sql/values.ts'
import type { ClaimedJob, Insertion, NewJob, Transaction } from '../store.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { closedStore, explainFault } from './errors.ts'
import { journalSql } from './journal.ts'
import { sessionIn, sqlStateOf } from './lent-transaction.ts'
import { channelOf } from './notifier.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'
import { TurnReserver } from './turns.ts'
import {
  arrayOf,
  holdForPeriods,
  type InTheWay,
  letGo,
  lockKeys,
  makeWay,
  type UniqueSql,
  uniqueSql,
} from './unique.ts'

/** A job that ends as soon as it is looked at is met this often at most. */
const TRIES = 20

/** Who speaks at the commit of the application's transaction: no store, so that every store listens. */
const APPLICATION = 'application'

interface InsertSql extends UniqueSql {
  insert: string
  /** For jobs that differ only in their id and input: what they share is told once. */
  insertAlike: string
  /** The same two, and tells others, by the channel and the payload that come last. */
  insertTelling: string
  insertAlikeTelling: string
  insertFree: string
  /** Claims them in the same write, where their queue lets it. */
  insertClaimed: string
  begin: string
  notify: string
}

/** A delay is counted by the database's clock. */
const DUE = `coalesce(run_at, ${NOW} + coalesce(delay, 0))`

function insertSql(tables: TableNames): InsertSql {
  const { jobs } = tables
  const insertFrom = (rows: string) => `
    INSERT INTO ${jobs} (
      id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, expires_at, restrictions,
      tenant, turn, input
    )
    SELECT
      id, CASE WHEN ${DUE} <= ${NOW} THEN 1 ELSE 0 END, queue, priority, ${DUE},
      task_type, ${NOW}, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items,
      coalesce(expires_at, ${DUE} + expires_after), restrictions, tenant, coalesce(turn, 0), input
    FROM ${rows}`
  const columns = `
    queue text, priority bigint, run_at bigint, delay bigint, task_type text, max_attempts bigint, max_redeliveries bigint,
    unique_key text, retried_from_id uuid, retry_scope text, triggered_by text, tags text, total_items bigint,
    expires_at bigint, expires_after bigint, restrictions text, tenant text, turn bigint`
  const insert = insertFrom(`json_to_recordset($2::text::json) AS row (id uuid, ${columns}, input text)`)
  const insertAlike = insertFrom(`(
    SELECT job.id::uuid AS id, alike.*, job.input FROM json_to_record($2::text::json) AS alike (${columns}),
      ROWS FROM (json_array_elements_text($3::text::json), json_array_elements_text($4::text::json)) AS job (id, input)
  ) AS row`)
  const plain = `WITH inserted AS (${insert} RETURNING id) ${journalSql(tables, 'inserted')}`
  const alike = `WITH inserted AS (${insertAlike} RETURNING id) ${journalSql(tables, 'inserted')}`
  return {
    ...uniqueSql(tables),
    insert: plain,
    insertAlike: alike,
    insertTelling: `${plain} RETURNING pg_notify($3::text, $4::text)::text AS told`,
    insertAlikeTelling: `${alike} RETURNING pg_notify($5::text, $6::text)::text AS told`,
    insertFree: `
      WITH inserted AS (${insert} ON CONFLICT DO NOTHING RETURNING id),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id FROM inserted`,
    insertClaimed: `
      WITH row AS (
        SELECT row.*, NOT EXISTS (
          SELECT FROM ${tables.queues} WHERE name = row.queue
            AND (paused_at IS NOT NULL OR draining_since IS NOT NULL OR concurrency IS NOT NULL)
        ) AS starts
        FROM json_to_recordset($2::text::json) AS row (id uuid, ${columns}, input text)
      ),
      inserted AS (
        INSERT INTO ${jobs} (
          id, status, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
          retry_scope, triggered_by, tags, total_items, input,
          delivery, attempt, worker, started_at, attempt_started_at, heartbeat_at, lease_expires_at
        )
        SELECT
          id, CASE WHEN starts THEN 'running' ELSE 'pending' END, CASE WHEN starts THEN 0 ELSE 1 END,
          queue, priority, ${NOW}, task_type, ${NOW}, max_attempts, max_redeliveries,
          retry_scope, triggered_by, tags, total_items, input,
          CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN 1 ELSE 0 END, CASE WHEN starts THEN $3 END,
          CASE WHEN starts THEN ${NOW} END, CASE WHEN starts THEN ${NOW} END, CASE WHEN starts THEN ${NOW} END,
          CASE WHEN starts THEN ${NOW} + $4::bigint END
        FROM row
        RETURNING id, started_at
      ),
      noted AS (${journalSql(tables, 'inserted')})
      SELECT id, started_at FROM inserted WHERE started_at IS NOT NULL`,
    // Takes the lock that the insertion takes anyway. Refused where no transaction has begun, or the table is missing.
    begin: `LOCK TABLE ${jobs} IN ROW EXCLUSIVE MODE`,
    // As text: not every library reads a result of no type.
    notify: `SELECT pg_notify($1::text, $2::text)::text AS told`,
  }
}

/** Stores jobs, but for those that meet another of their key. */
export class JobInserter {
  readonly #connection: PostgresConnection
  readonly #time: StoreTime
  readonly #turns: TurnReserver
  readonly #sql: InsertSql

  constructor(connection: PostgresConnection, tables: TableNames, time: StoreTime) {
    this.#connection = connection
    this.#time = time
    this.#turns = new TurnReserver(connection, tables)
    this.#sql = insertSql(tables)
  }

  /** Stores jobs that meet no other, and tells the other processes in the same statement, where there is a payload. */
  async insertPlain(jobs: readonly NewJob[], payload: string | undefined): Promise<Insertion[]> {
    const telling = payload === undefined ? [] : [channelOf(this.#connection.location.schema), payload]
    if (areAlike(jobs)) return this.#insertAlike(this.#connection, jobs, telling)
    return this.#insertRows(this.#connection, await this.#rowsOf(jobs), telling)
  }

  async insert(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const rows = await this.#rowsOf(jobs)
    // One job that asks for nothing more than its key is one statement, and so a transaction by itself.
    if (rows.length === 1 && !rows.some(isSpecial)) return this.#insertOthers(this.#connection, rows)
    return this.#connection.transaction((session) => this.#insertOthers(session, rows))
  }

  /** As {@link JobHandOver.insertClaimed}. */
  async insertClaimed(jobs: readonly NewJob[], worker: string, leaseMs: number): Promise<ClaimedJob[]> {
    const rows = await this.#rowsOf(jobs)
    const parameters = [this.#time.parameter, JSON.stringify(rows), worker, leaseMs]
    try {
      const claimed = await this.#connection.run<{ id: string; started_at: number }>(
        this.#sql.insertClaimed,
        parameters,
      )
      const startedAt = new Map(claimed.rows.map((row) => [row.id, row.started_at]))
      return jobs.flatMap((job) => {
        const at = startedAt.get(job.id)
        return at === undefined ? [] : [handedOver(job, at)]
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
    const insertions = areAlike(jobs) ? await this.#insertAlike(session, jobs) : await this.#insertEach(session, jobs)
    if (insertions.some(({ inserted }) => inserted)) {
      await session.run(this.#sql.notify, [channelOf(location.schema), `${APPLICATION} ready`])
    }
    return insertions
  }

  async #insertEach(session: Session, jobs: readonly NewJob[]): Promise<Insertion[]> {
    const rows = await this.#rowsOf(jobs).catch((error) => {
      throw explainFault(error, this.#connection.location.shown)
    })
    return rows.some(mayMeetAnother) ? this.#insertOthers(session, rows) : this.#insertRows(session, rows)
  }

  async #insertAlike(session: Session, jobs: readonly NewJob[], telling: readonly string[] = []): Promise<Insertion[]> {
    const [first] = jobs as [NewJob]
    const { id: _, input: __, ...shared } = rowOf(withStorableKeys(first), undefined)
    const ids = jobs.map(({ id }) => id)
    const inputs = jobs.map(({ input }) => inputText(input))
    const parameters = [shared, ids, inputs].map((part) => JSON.stringify(part))
    try {
      const text = telling.length > 0 ? this.#sql.insertAlikeTelling : this.#sql.insertAlike
      await session.run(text, [this.#time.parameter, ...parameters, ...telling])
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(jobs, error) : error
    }
    return ids.map((id) => ({ id, inserted: true }))
  }

  async #rowsOf(jobs: readonly NewJob[]): Promise<Row[]> {
    if (new Set(jobs.map(({ id }) => id)).size < jobs.length) throw duplicateId(jobs)
    const storable = jobs.map(withStorableKeys)
    const turns = await this.#turns.reserve(storable)
    return storable.map((job) => rowOf(job, turns.get(job.id)))
  }

  async #insertRows(session: Session, rows: readonly Row[], telling: readonly string[] = []): Promise<Insertion[]> {
    try {
      const text = telling.length > 0 ? this.#sql.insertTelling : this.#sql.insert
      await session.run(text, [this.#time.parameter, JSON.stringify(rows), ...telling])
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(rows, error) : error
    }
    return rows.map(({ id }) => ({ id, inserted: true }))
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

type Row = ReturnType<typeof rowOf>

/** What most jobs lack is left out, which the database reads as null: a bulk of plain jobs is no longer for it. */
function rowOf(job: NewJob, turn: number | undefined) {
  return {
    id: job.id,
    queue: job.queue,
    priority: job.priority,
    run_at: job.runAt === null ? null : Math.round(job.runAt),
    delay: job.delayMs === undefined ? undefined : Math.round(job.delayMs),
    task_type: job.taskType,
    max_attempts: job.maxAttempts,
    max_redeliveries: job.maxRedeliveries,
    unique_key: job.uniqueKey,
    unique_period: job.uniquePeriodMs === null ? undefined : Math.round(job.uniquePeriodMs),
    replaces: job.replacesWaiting || undefined,
    retried_from_id: job.retriedFromId,
    retry_scope: job.retryScope,
    triggered_by: storableName(job.triggeredBy),
    tags: job.tags.length === 0 ? '[]' : JSON.stringify(job.tags.map(storableName)),
    total_items: job.totalItems,
    expires_at: job.expiresAt === null ? undefined : Math.round(job.expiresAt),
    expires_after: job.expiresAfterMs === undefined ? undefined : Math.round(job.expiresAfterMs),
    restrictions: job.restrictions === null ? undefined : JSON.stringify(job.restrictions),
    tenant: job.tenant ?? undefined,
    turn,
    input: inputText(job.input),
  }
}

function inputText(input: Json): string {
  return toJsonText(input) ?? 'null'
}

function mayMeetAnother({ unique_key, retried_from_id }: Row): boolean {
  return unique_key !== null || retried_from_id !== null
}

/** Whether more than the insertion itself is to be done for its key. */
function isSpecial({ unique_key, unique_period, replaces }: Row): boolean {
  return unique_key !== null && (unique_period !== undefined || replaces === true)
}

/** Rounds with one job of a key each at most: what the first of them did is what the second one meets. */
function inRounds(ordered: readonly Row[]): Row[][] {
  const rounds: Row[][] = []
  const seen = new Map<string, number>()
  for (const row of ordered) {
    const round = row.unique_key === null ? 0 : (seen.get(row.unique_key) ?? 0)
    if (row.unique_key !== null) seen.set(row.unique_key, round + 1)
    rounds[round] ??= []
    rounds[round].push(row)
  }
  return rounds
}

/** One order for everyone, so that no two wait for each other's keys. Of one key the first stays the first. */
function inLockOrder(rows: readonly Row[]): Row[] {
  const placeOf = ({ unique_key, retried_from_id }: Row) => unique_key ?? retried_from_id ?? ''
  return rows.toSorted((a, b) => {
    const [one, other] = [placeOf(a), placeOf(b)]
    if (one === other) return 0
    return one < other ? -1 : 1
  })
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
