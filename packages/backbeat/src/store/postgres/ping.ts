import { BackbeatError } from '../../errors.ts'
import type { PostgresConnection } from './connection.ts'

/** @throws BackbeatError `store_read_only` where it answers, and cannot be written to */
export async function ping(connection: PostgresConnection): Promise<void> {
  const { rows } = await connection.run<{ read_only: boolean }>(
    `SELECT current_setting('transaction_read_only') = 'on' AS read_only`,
  )
  if (rows[0]?.read_only) throw readOnly(connection.location.shown)
}

function readOnly(shown: string): BackbeatError {
  return new BackbeatError(
    'store_read_only',
    `The store ${shown} cannot be written to: it is a standby, or set to read only. Connect to the primary server.`,
    { status: 503 },
  )
}
