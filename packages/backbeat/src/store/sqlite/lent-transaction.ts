import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CompiledQuery, type QueryResult } from 'kysely'
import { BackbeatError } from '../../errors.ts'
import type { SqlRow, SqlValue, Step } from '../sql/steps.ts'
import type { Transaction } from '../store.ts'

/** As much of a Kysely transaction as is used; its types differ from one version to the next. */
interface KyselyTransaction {
  isTransaction: boolean
  withoutPlugins(): KyselyTransaction
  executeQuery(query: CompiledQuery): Promise<QueryResult<unknown>>
}

/**
 * Runs statements in a transaction that the application has begun.
 *
 * @throws BackbeatError `unknown_transaction`, `not_in_transaction`
 */
export function runnerIn(transaction: Transaction): (step: Step) => Promise<SqlRow[]> {
  if (isKysely(transaction)) {
    if (!transaction.isTransaction) throw notInTransaction()
    return onOurTables(({ sql, parameters }) => runInKysely(transaction, sql, parameters))
  }
  if (isNodeSqlite(transaction)) {
    if (!transaction.isTransaction) throw notInTransaction()
    const statements = new Map<string, StatementSync>()
    return onOurTables(async ({ sql, parameters }) => {
      const statement = statements.get(sql) ?? transaction.prepare(sql)
      statements.set(sql, statement)
      return statement.all(...parameters)
    })
  }
  throw new BackbeatError(
    'unknown_transaction',
    'tx is not a transaction that this store knows. On SQLite, give a DatabaseSync of node:sqlite in which BEGIN was run, or the transaction of Kysely, on the same file as the store.',
  )
}

async function runInKysely(
  transaction: KyselyTransaction,
  sql: string,
  parameters: readonly SqlValue[],
): Promise<SqlRow[]> {
  // A plug-in of the application's may rename the columns of what comes back.
  const { rows } = await transaction.withoutPlugins().executeQuery(CompiledQuery.raw(sql, [...parameters]))
  return rows as SqlRow[]
}

/** Says what is wrong where the application's transaction is on a database without our tables. */
function onOurTables(run: (step: Step) => Promise<SqlRow[]>): (step: Step) => Promise<SqlRow[]> {
  return async (step) => {
    try {
      return await run(step)
    } catch (cause) {
      if (!(cause instanceof Error && cause.message.includes('no such table: backbeat_'))) throw cause
      throw new BackbeatError(
        'foreign_transaction',
        "tx is on another database than the store's. Enqueue in a transaction of the file that the store is in.",
        { cause },
      )
    }
  }
}

function isKysely(transaction: Transaction): transaction is KyselyTransaction {
  return 'executeQuery' in transaction && 'isTransaction' in transaction && !('prepare' in transaction)
}

function isNodeSqlite(transaction: Transaction): transaction is DatabaseSync {
  return 'prepare' in transaction && 'isTransaction' in transaction
}

function notInTransaction(): BackbeatError {
  return new BackbeatError(
    'not_in_transaction',
    'tx has no open transaction. Begin one before enqueue, and commit it after.',
  )
}
