import { Worker as Thread } from 'node:worker_threads'
import { siblingModule } from '../sibling-module.ts'

/**
 * Ends this process some time after its parent is gone, even if its event loop is blocked, so that
 * nobody's process works on for ever.
 *
 * @returns how to stop watching; for a process that has noticed by itself
 */
export function watchParent(graceMs: number): () => void {
  const thread = new Thread(siblingModule(import.meta.url, 'orphan-watch'), {
    name: 'backbeat orphan watch',
    workerData: { parent: process.ppid, graceMs },
  })
  thread.unref()
  return () => void thread.terminate()
}
