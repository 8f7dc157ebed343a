import type { Clock, Timer } from '../clock.ts'
import { UnknownJobError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { isResting } from '../job/states.ts'
import type { JobRecords, Store } from '../store/store.ts'

/** How often the job is looked at without a signal from the store, in milliseconds. */
const POLL_MS = 1000
const KEEP_ALIVE_MS = 2 ** 30

/**
 * Waits until a job rests, and returns its record.
 *
 * @throws UnknownJobError, or the signal's reason when it aborts
 */
export async function waitUntilResting(
  store: JobRecords & Pick<Store, 'subscribe'>,
  id: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Job> {
  let wake = () => {}
  // Whoever waits wants the process to live until the answer.
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS)
  const unsubscribe = store.subscribe((change) => {
    if (change === 'rested' || change === 'elsewhere') wake()
  })
  const onAbort = () => wake()
  signal?.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal?.throwIfAborted()
      // Waiting begins before the look, so that a change during it is not missed.
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const job = await store.get(id)
      if (!job) throw new UnknownJobError(id)
      if (isResting(job.status)) return job
      const timer: Timer = clock.setTimer(() => wake(), POLL_MS)
      await woken
      timer.cancel()
    }
  } finally {
    clearInterval(keepAlive)
    unsubscribe()
    signal?.removeEventListener('abort', onAbort)
  }
}
