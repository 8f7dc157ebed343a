import { systemClock } from '../../clock.ts'
import type { HeartbeatRecords } from '../heartbeat-records.ts'
import { Checkpoints } from './checkpoints.ts'
import { SqliteConnection } from './connection.ts'
import { SqliteHeartbeatRecords } from './heartbeat-records.ts'
import { parseLocation } from './location.ts'

/**
 * Opens for a heartbeat what `openSqliteStore` opens for everything: without what queries are built with.
 *
 * @param shared the memory of the store that it helps, in another thread of this process
 */
export function openSqliteHeartbeatRecords(url: string, shared: SharedArrayBuffer | null): HeartbeatRecords {
  const connection = new SqliteConnection(parseLocation(url), 'brief')
  return new SqliteHeartbeatRecords(connection, systemClock, shared ? new Checkpoints(shared) : undefined)
}
