import { setTimeout as sleep } from 'node:timers/promises'
import { explainFault, isBusy } from './errors.ts'

/** How long another writer is waited for, in milliseconds. */
const BUSY_PATIENCE_MS = 10_000

/**
 * Does the work, which another writer is waited for with, without blocking the thread. What is busy has
 * changed nothing, and may be done again.
 *
 * @param url names the store where something is wrong with it
 */
export async function patiently<Result>(url: string, work: () => Result | Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + BUSY_PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw explainFault(error, url)
      await sleep(10 + Math.random() * 40)
    }
  }
}
