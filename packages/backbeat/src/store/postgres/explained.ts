import type { PostgresConnection } from './connection.ts'
import { closedStore, explainFault } from './errors.ts'

/** Does the work; what goes wrong is said in words that help, and that never hold the password. */
export async function explained<Result>(connection: PostgresConnection, work: () => Promise<Result>): Promise<Result> {
  const { isClosed, location } = connection
  if (isClosed) throw closedStore(location.shown)
  try {
    return await work()
  } catch (error) {
    throw explainFault(error, location.shown)
  }
}
