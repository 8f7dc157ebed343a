import { BackbeatError } from '../../errors.ts'
import { storableKey, storableName, toJsonText } from '../sql/values.ts'
import type { Insertion, NewJob } from '../store.ts'
import type { PostgresConnection, Session } from './connection.ts'
import { NOW, type StoreTime, type TableNames } from './statements.ts'

/** A job that ends as soon as it is looked at is met this often at most. */
const TRIES = 20

function insertSql({ jobs }: TableNames): string {
  return `
    INSERT INTO ${jobs} (
      id, ready, queue, priority, run_at, task_type, created_at, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, input
    )
    SELECT
      id, CASE WHEN coalesce(run_at, ${NOW}) <= ${NOW} THEN 1 ELSE 0 END, queue, priority, coalesce(run_at, ${NOW}),
      task_type, ${NOW}, max_attempts, max_redeliveries,
      unique_key, retried_from_id, retry_scope, triggered_by, tags, total_items, input
    FROM json_to_recordset($2::json) AS row (
      id uuid, queue text, priority bigint, run_at bigint, task_type text, max_attempts bigint, max_redeliveries bigint,
      unique_key text, retried_from_id uuid, retry_scope text, triggered_by text, tags text, total_items bigint, input text
    )`
}

function insertFreeSql(tables: TableNames): string {
  return `${insertSql(tables)} ON CONFLICT DO NOTHING RETURNING id`
}

function inTheWaySql({ jobs }: TableNames): string {
  const active = `status IN ('pending', 'running', 'retrying')`
  return `
    SELECT id, unique_key, NULL AS retried_from_id FROM ${jobs}
    WHERE unique_key IS NOT NULL AND ${active} AND unique_key = ANY($1::text[])
    UNION ALL
    SELECT id, NULL, retried_from_id FROM ${jobs}
    WHERE retried_from_id IS NOT NULL AND ${active} AND retried_from_id = ANY($2::uuid[])
    UNION ALL
    SELECT id, NULL, NULL FROM ${jobs} WHERE id = ANY($3::uuid[])`
}

interface InTheWay {
  id: string
  unique_key: string | null
  retried_from_id: string | null
}

/** Stores jobs, but for those that meet an active one. */
export class JobInserter {
  readonly #connection: PostgresConnection
  readonly #time: StoreTime
  readonly #sql: { insert: string; insertFree: string; inTheWay: string }

  constructor(connection: PostgresConnection, tables: TableNames, time: StoreTime) {
    this.#connection = connection
    this.#time = time
    this.#sql = { insert: insertSql(tables), insertFree: insertFreeSql(tables), inTheWay: inTheWaySql(tables) }
  }

  async insert(jobs: readonly NewJob[]): Promise<Insertion[]> {
    const rows = jobs.map(rowOf)
    if (new Set(rows.map(({ id }) => id)).size < rows.length) throw duplicateId(jobs)
    if (rows.some(mayMeetAnother)) return this.#insertFree(rows)
    try {
      await this.#connection.run(this.#sql.insert, [this.#time.parameter, JSON.stringify(rows)])
    } catch (error) {
      throw isDuplicate(error) ? duplicateId(jobs, error) : error
    }
    return jobs.map(({ id }) => ({ id, inserted: true }))
  }

  /** One job is one statement, and so a transaction by itself. */
  #insertFree(rows: readonly Row[]): Promise<Insertion[]> {
    return rows.length === 1
      ? this.#settleConflicts(this.#connection, rows)
      : this.#connection.transaction((session) => this.#settleConflicts(session, rows))
  }

  async #settleConflicts(session: Session, rows: readonly Row[]): Promise<Insertion[]> {
    const insertions = new Map<string, Insertion>()
    // What is in the way may come to rest before it is looked for; then the way is free.
    for (let tries = 0, open = rows; open.length > 0; tries++) {
      if (tries === TRIES) throw unsettled()
      const parameters = [this.#time.parameter, JSON.stringify(open)]
      const inserted = await session.run<{ id: string }>(this.#sql.insertFree, parameters)
      for (const { id } of inserted.rows) insertions.set(id, { id, inserted: true })
      const refused = inserted.rowCount === open.length ? [] : rowsWithout(open, inserted.rows)
      open = refused.length === 0 ? [] : await this.#findInTheWay(session, refused, insertions)
    }
    return rows.map(({ id }) => insertions.get(id) as Insertion)
  }

  /** Notes which active job is in each row's way; returns the rows where none is by now. */
  async #findInTheWay(session: Session, refused: readonly Row[], insertions: Map<string, Insertion>): Promise<Row[]> {
    const { rows } = await session.run<InTheWay>(this.#sql.inTheWay, [
      refused.map(({ unique_key }) => unique_key).filter((key) => key !== null),
      refused.map(({ retried_from_id }) => retried_from_id).filter((id) => id !== null),
      refused.map(({ id }) => id),
    ])
    return refused.filter((row) => {
      const active = rows.find(
        (other) =>
          (row.unique_key !== null && other.unique_key === row.unique_key) ||
          (row.retried_from_id !== null && other.retried_from_id === row.retried_from_id),
      )
      if (active) {
        insertions.set(row.id, { id: row.id, inserted: false, activeJobId: active.id })
        return false
      }
      if (rows.some(({ id }) => id === row.id)) throw duplicateId([row])
      return true
    })
  }
}

type Row = ReturnType<typeof rowOf>

function rowOf(job: NewJob) {
  return {
    id: job.id,
    queue: job.queue,
    priority: job.priority,
    run_at: job.runAt === null ? null : Math.round(job.runAt),
    task_type: job.taskType,
    max_attempts: job.maxAttempts,
    max_redeliveries: job.maxRedeliveries,
    unique_key: job.uniqueKey === null ? null : storableKey(job.uniqueKey),
    retried_from_id: job.retriedFromId,
    retry_scope: job.retryScope,
    triggered_by: storableName(job.triggeredBy),
    tags: job.tags.length === 0 ? '[]' : JSON.stringify(job.tags.map(storableName)),
    total_items: job.totalItems,
    input: toJsonText(job.input) ?? 'null',
  }
}

function mayMeetAnother({ unique_key, retried_from_id }: Row): boolean {
  return unique_key !== null || retried_from_id !== null
}

function rowsWithout(rows: readonly Row[], inserted: readonly { id: string }[]): Row[] {
  const ids = new Set(inserted.map(({ id }) => id))
  return rows.filter(({ id }) => !ids.has(id))
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
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
