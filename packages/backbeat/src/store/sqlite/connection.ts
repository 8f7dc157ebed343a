import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { BackbeatError } from '../../errors.ts'
import type { SqlRow, Step } from '../sql/steps.ts'
import { type Checkpoints, PAGES_PER_CHECKPOINT, PAGES_WITH_HELP } from './checkpoints.ts'
import { explainFault, isBusy } from './errors.ts'
import { APPEND, entriesOf } from './journal-entries.ts'
import type { Location } from './location.ts'

/** Waiting for another writer blocks this thread, so it is kept short; the store itself waits on, off the thread. */
const BUSY_TIMEOUT_MS = 100
/** The change of a new file to a write-ahead log is waited for in place: nothing runs yet. */
const OPEN_TIMEOUT_MS = 5000

/**
 * How many KiB of pages a connection may keep, by what it is for. `everything`: drains are no quicker with
 * more; of lists, those that walk far through history are, but what is not here is in the system's cache.
 * `brief`: a few rows at a time.
 */
const CACHE_KIB = { everything: 8 * 1024, brief: 2 * 1024 }

/** One connection, its statements prepared once, and its transactions. */
export class SqliteConnection {
  readonly url: string
  readonly database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #arrayStatements = new Map<string, StatementSync>()
  readonly #location: Location
  readonly #checkpoints: Checkpoints | undefined
  #isHelped = false
  #changed: string[] = []
  /** Rows of items and the like, which are not noted as changes. */
  #otherRows = 0

  /**
   * @param checkpoints who copies the log into the database, where there is one; by default whoever writes
   * @throws BackbeatError coded by what is wrong with the file
   */
  constructor(location: Location, purpose: keyof typeof CACHE_KIB = 'everything', checkpoints?: Checkpoints) {
    this.#location = location
    this.#checkpoints = location.file === null ? undefined : checkpoints
    this.url = location.url
    if (location.file !== null) createFolder(location.file)
    try {
      this.database = new DatabaseSync(location.target, { timeout: BUSY_TIMEOUT_MS })
    } catch (error) {
      throw explainFault(error, this.url)
    }
    try {
      if (location.file !== null) useWriteAheadLog(this.database)
      this.database.exec(`PRAGMA synchronous = ${location.synchronous}; PRAGMA cache_size = -${CACHE_KIB[purpose]}`)
      this.#shareCheckpoints()
    } catch (error) {
      this.database.close()
      throw explainFault(error, this.url)
    }
  }

  /** What a heartbeat in another thread needs to do the checkpoints; `null` where there are none to do. */
  get shared(): SharedArrayBuffer | null {
    return this.#checkpoints?.buffer ?? null
  }

  /** Another connection to the same database, for one attempt. */
  another(): SqliteConnection {
    return new SqliteConnection(this.#location, 'brief', this.#checkpoints)
  }

  /** Prepares a constant text once. Values are always parameters, never part of the text. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** What the statement reads, each row as its values in the order of its columns. */
  arrays(sql: string, ...parameters: SQLInputValue[]): SQLOutputValue[][] {
    let statement = this.#arrayStatements.get(sql)
    if (!statement) {
      statement = this.database.prepare(sql)
      statement.setReturnArrays(true)
      this.#arrayStatements.set(sql, statement)
    }
    return statement.all(...parameters) as unknown as SQLOutputValue[][]
  }

  rows({ sql, parameters }: Step): SqlRow[] {
    return this.statement(sql).all(...parameters)
  }

  /**
   * Does the work in one write transaction. The work must not be asynchronous: nothing else of this
   * process may come in between, since all of it shares the connection.
   */
  write<Result>(work: () => Result): Result {
    this.#shareCheckpoints()
    this.statement('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      const rows = this.#changed.length + this.#otherRows
      this.journalChanges()
      this.statement('COMMIT').run()
      this.#otherRows = 0
      this.#checkpoints?.committed(rows)
      return result
    } catch (error) {
      this.#changed = []
      this.#otherRows = 0
      if (this.database.isTransaction) this.statement('ROLLBACK').run()
      throw error
    }
  }

  /** Called for each job that the open transaction changes. */
  noteChange(jobId: string): void {
    // One job that goes on being written is noted once; to keep a set of thousands takes longer than to note a few twice.
    if (this.#changed.at(-1) !== jobId) this.#changed.push(jobId)
  }

  /** Called where the open transaction writes many rows besides those of jobs. */
  noteRows(count: number): void {
    this.#otherRows += count
  }

  /** Puts the changes that were noted on record. Called before the transaction that made them commits. */
  journalChanges(): void {
    if (this.#changed.length === 0) return
    const append = this.statement(APPEND)
    for (const entry of entriesOf(this.#changed)) append.run(entry)
    this.#changed = []
  }

  /** Copies the log into the database, as far as nobody reads or writes it; waits for nobody. */
  checkpoint(): void {
    this.statement('PRAGMA wal_checkpoint(PASSIVE)').get()
  }

  /** With a helper, this connection's commits leave more for it to do. Not after a commit, which must not seem to have failed. */
  #shareCheckpoints(): void {
    const isHelped = this.#checkpoints?.isHelped ?? false
    if (isHelped === this.#isHelped) return
    this.#isHelped = isHelped
    this.database.exec(`PRAGMA wal_autocheckpoint = ${isHelped ? PAGES_WITH_HELP : PAGES_PER_CHECKPOINT}`)
  }

  close(): void {
    this.#statements.clear()
    this.#arrayStatements.clear()
    if (this.database.isOpen) this.database.close()
  }
}

function createFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
  } catch (cause) {
    throw new BackbeatError(
      'store_unavailable',
      `The folder of the store's file ${file} cannot be created. Check the path, and that this process may write there.`,
      { cause, status: 503 },
    )
  }
}

/** The change to a write-ahead log does not wait for other connections by itself, as everything else does. */
function useWriteAheadLog(database: DatabaseSync): void {
  const giveUpAt = Date.now() + OPEN_TIMEOUT_MS
  for (;;) {
    try {
      if (database.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal') return
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || Date.now() > giveUpAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
