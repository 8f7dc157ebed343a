import { Worker as Thread } from 'node:worker_threads'
import type { Fault } from './fault.ts'

const HOLD_LOCK = `
  const { workerData: { file, ms } } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(file, { timeout: 5000 })
  for (let tries = 0; ; tries += 1) {
    try {
      database.exec('BEGIN IMMEDIATE')
      break
    } catch (error) {
      if (tries > 10) throw error
    }
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  database.exec('ROLLBACK')
  database.close()
`

/** Holds the write lock of a SQLite file, from a thread of its own, so that it is let go whatever we wait for. */
function holdLock(file: string, ms: number): Promise<void> {
  const thread = new Thread(HOLD_LOCK, { eval: true, workerData: { file, ms } })
  return new Promise((resolve, reject) => {
    thread.once('error', reject)
    thread.once('exit', () => resolve())
  })
}

/** Another program writes for longer than anybody is ready to wait, which is five seconds. */
export const lockHeld: Fault = {
  name: 'SQLite: write lock held for 11 s',
  // Nobody can renew a lease in that time.
  mayLeave: ['lost'],
  inject(ground) {
    return ground.outage(this.name, () => holdLock(ground.database.url.slice('sqlite:'.length), 11_000))
  },
}
