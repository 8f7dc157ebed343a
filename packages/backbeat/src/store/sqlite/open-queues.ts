import type { SqliteConnection } from './connection.ts'
import { queueSettings, runningIn } from './queues.ts'

/** A queue that jobs may be claimed from. */
export interface OpenQueue {
  /** How many more of its jobs may run. */
  room: number
  /** Whether it may run only so many at once. */
  isLimited: boolean
  /** Only jobs that were stored up to this time. */
  storedUntil: number
}

/** Which of the queues jobs may be claimed from: not those that are paused or full. */
export function openQueues(connection: SqliteConnection, names: readonly string[]): Map<string, OpenQueue> {
  const settings = queueSettings(connection)
  const open = new Map<string, OpenQueue>()
  for (const name of names) {
    const { pausedAt = null, drainingSince = null, concurrency = null } = settings.get(name) ?? {}
    if (pausedAt !== null) continue
    const room = concurrency === null ? Number.MAX_SAFE_INTEGER : concurrency - runningIn(connection, name)
    if (room > 0)
      open.set(name, { room, isLimited: concurrency !== null, storedUntil: drainingSince ?? Number.MAX_SAFE_INTEGER })
  }
  return open
}
