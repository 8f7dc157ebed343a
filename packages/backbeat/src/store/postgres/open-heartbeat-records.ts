import { systemClock } from '../../clock.ts'
import type { HeartbeatRecords } from '../heartbeat-records.ts'
import { PostgresConnection } from './connection.ts'
import { PostgresHeartbeatRecords } from './heartbeat-records.ts'
import { loadPg } from './library.ts'
import { parseLocation } from './location.ts'
import { StoreTime } from './statements.ts'

/** Opens for a heartbeat what `openPostgresStore` opens for everything: without what queries are built with. */
export async function openPostgresHeartbeatRecords(url: string): Promise<HeartbeatRecords> {
  const connection = new PostgresConnection(await loadPg(), parseLocation(url))
  return new PostgresHeartbeatRecords(connection, new StoreTime(systemClock, false))
}
