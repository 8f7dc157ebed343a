import { CompiledQuery } from 'kysely'
import { BackbeatError } from '../../errors.ts'
import type { Transaction } from '../store.ts'
import type { Session } from './connection.ts'

/** Runs one of our statements, whose parameters are `$1` and so on, and answers what the library answers. */
type Run = (text: string, parameters: readonly unknown[]) => PromiseLike<unknown>

/** As much of each library as is used; their types differ from one version to the next. */
interface KyselyTransaction {
  isTransaction: boolean
  withoutPlugins(): { executeQuery(query: CompiledQuery): Promise<unknown> }
}

interface KnexTransaction {
  isTransaction?: boolean
  raw(text: string, bindings: readonly unknown[]): PromiseLike<unknown>
}

interface DrizzleTransaction {
  execute(query: { getSQL(): object }): PromiseLike<unknown>
}

interface PrismaTransaction {
  $queryRawUnsafe(text: string, ...parameters: unknown[]): PromiseLike<unknown>
}

interface PgClient {
  query(text: string, parameters: unknown[]): Promise<unknown>
}

const NO_TRANSACTION = '25P01'
const MISSING_TABLE = ['3F000', '42P01']

/**
 * A session in a transaction that the application has begun. Where its library cannot tell whether
 * one has begun, the database does: see the statement that the first run is.
 *
 * @throws BackbeatError `unknown_transaction`, `not_in_transaction`; and `foreign_transaction` when it runs
 */
export function sessionIn(transaction: Transaction): Session {
  const run = runnerIn(transaction)
  return {
    async run<Row>(text: string, parameters: readonly unknown[] = []) {
      try {
        const rows = rowsOf(await run(text, parameters)).map(withNumbers) as Row[]
        return { rows, rowCount: rows.length, command: '' }
      } catch (error) {
        throw explained(error)
      }
    },
  }
}

function runnerIn(transaction: Transaction): Run {
  if (isKysely(transaction)) {
    if (!transaction.isTransaction) throw notInTransaction()
    const plain = transaction.withoutPlugins()
    return (text, parameters) => plain.executeQuery(CompiledQuery.raw(text, [...parameters]))
  }
  if (isKnex(transaction)) {
    if (!transaction.isTransaction) throw notInTransaction()
    return (text, parameters) => transaction.raw(...forKnex(text, parameters))
  }
  if (isDrizzle(transaction)) {
    return (sql, parameters) => {
      // What Drizzle calls a query, without its library: an application may have a copy of its own.
      const query = { toQuery: () => ({ sql, params: [...parameters] }) }
      return transaction.execute({ getSQL: () => query })
    }
  }
  if (isPrisma(transaction)) {
    // Only the client that owns the connections can connect.
    if ('$connect' in transaction) throw notInTransaction()
    return (text, parameters) => transaction.$queryRawUnsafe(text, ...parameters)
  }
  if (isPg(transaction)) return (text, parameters) => transaction.query(text, [...parameters])
  throw new BackbeatError(
    'unknown_transaction',
    'tx is not a transaction that this store knows. On Postgres, give a client of pg on which BEGIN was run (not the pool), or the transaction of Kysely, Drizzle, Knex or Prisma, on the same database as the store.',
  )
}

/** Knex writes a parameter as `?`, and what is no parameter as `\?`. */
function forKnex(text: string, parameters: readonly unknown[]): [string, unknown[]] {
  const bindings: unknown[] = []
  const raw = text.replace(/\?|\$(\d+)/g, (_, ordinal) => {
    if (ordinal === undefined) return '\\?'
    bindings.push(parameters[ordinal - 1])
    return '?'
  })
  return [raw, bindings]
}

function rowsOf(answer: unknown): Record<string, unknown>[] {
  if (Array.isArray(answer)) return answer
  const { rows } = answer as { rows?: Record<string, unknown>[] }
  return rows ?? []
}

/** Whole numbers come as text or as bigint; here they are times and counts, which a number holds exactly. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}

function isKysely(transaction: Transaction): transaction is KyselyTransaction {
  return 'executeQuery' in transaction && 'isTransaction' in transaction && 'withoutPlugins' in transaction
}

function isKnex(transaction: Transaction): transaction is KnexTransaction {
  return typeof transaction === 'function' && 'raw' in transaction && 'queryBuilder' in transaction
}

function isDrizzle(transaction: Transaction): transaction is DrizzleTransaction {
  return 'execute' in transaction && 'dialect' in transaction && 'session' in transaction
}

function isPrisma(transaction: Transaction): transaction is PrismaTransaction {
  return '$queryRawUnsafe' in transaction
}

/** A pool runs each statement wherever it likes; only a client quotes. */
function isPg(transaction: Transaction): transaction is PgClient {
  return 'query' in transaction && 'escapeIdentifier' in transaction
}

function explained(error: unknown): unknown {
  const state = sqlStateOf(error)
  if (state === NO_TRANSACTION) return notInTransaction(error)
  if (state === undefined || !MISSING_TABLE.includes(state)) return error
  return new BackbeatError(
    'foreign_transaction',
    "tx is on another database than the store's. Enqueue in a transaction of the database that the store is in.",
    { cause: error },
  )
}

/** What Postgres says, whichever library says so: Drizzle and Prisma wrap what the driver says, each in its own way. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, originalCode, cause, meta } = error as {
    code?: unknown
    originalCode?: unknown
    cause?: unknown
    meta?: { driverAdapterError?: unknown }
  }
  for (const state of [originalCode, code]) {
    if (typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !/^P2/.test(state)) return state
  }
  return sqlStateOf(cause ?? meta?.driverAdapterError)
}

function notInTransaction(cause?: unknown): BackbeatError {
  return new BackbeatError(
    'not_in_transaction',
    'tx has no open transaction. Begin one before enqueue, and commit it after.',
    { cause },
  )
}
