import type { Fault } from './fault.ts'
import type { Ground } from './ground.ts'
import { restartServer, terminateBackends } from './postgres-faults.ts'
import { lockHeld } from './sqlite-faults.ts'
import { killWorker, pauseWorker, stopWorker } from './worker-faults.ts'

/** What may go wrong with this system, the likelier the more often it is named. */
export function soakFaults({ database }: Ground): Fault[] {
  const ofWorkers = [killWorker, killWorker, killWorker, pauseWorker, stopWorker]
  if (database.kind === 'SQLite') return [...ofWorkers, lockHeld]
  return [...ofWorkers, terminateBackends, ...(database.restart ? [restartServer] : [])]
}
