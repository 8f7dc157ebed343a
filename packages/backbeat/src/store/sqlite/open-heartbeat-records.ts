import { systemClock } from '../../clock.ts'
import type { HeartbeatRecords } from '../heartbeat-records.ts'
import { SqliteConnection } from './connection.ts'
import { SqliteHeartbeatRecords } from './heartbeat-records.ts'
import { parseLocation } from './location.ts'

/** Opens for a heartbeat what `openSqliteStore` opens for everything: without what queries are built with. */
export function openSqliteHeartbeatRecords(url: string): HeartbeatRecords {
  return new SqliteHeartbeatRecords(new SqliteConnection(parseLocation(url), 'brief'), systemClock)
}
