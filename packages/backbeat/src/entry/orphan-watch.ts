// What the watching thread of a child process runs: ends the process when its parent is gone and
// its own event loop is too busy to notice.
import { workerData } from 'node:worker_threads'

const INTERVAL_MS = 1000

const { parent, graceMs } = workerData as { parent: number; graceMs: number }

const timer = setInterval(() => {
  if (!isOrphan()) return
  clearInterval(timer)
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs)
}, INTERVAL_MS)

/** A process whose parent is gone gets another one; where it does not, as on Windows, the parent is looked for. */
function isOrphan(): boolean {
  if (process.ppid !== parent) return true
  try {
    process.kill(parent, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
