import { BackbeatError, UnknownJobError } from '../errors.ts'
import type { EventHub } from '../events/hub.ts'
import type { Job } from '../job/job.ts'
import { isResting } from '../job/states.ts'
import type { JobRecords } from '../store/store.ts'

const KEEP_ALIVE_MS = 2 ** 30

/**
 * Waits until a job rests, and returns its record. However many wait, each reads its own job twice: when
 * it begins to wait, and when the hub says that the job rests.
 *
 * @throws UnknownJobError, BackbeatError `closed`, or the signal's reason when it aborts
 */
export async function waitUntilResting(
  store: Pick<JobRecords, 'get'>,
  events: EventHub,
  id: string,
  signal?: AbortSignal,
): Promise<Job> {
  signal?.throwIfAborted()
  // Whoever waits wants the process to live until the answer.
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS)
  const listener = events.listen({ jobId: id.toLowerCase() })
  const onAbort = () => listener.close()
  signal?.addEventListener('abort', onAbort)
  try {
    // Listening begins before the look, so that a change during it is not missed.
    await listener.arrived()
    for (let mayRest = true; ; ) {
      signal?.throwIfAborted()
      if (mayRest || listener.isClosed) {
        const job = await store.get(id)
        if (!job) throw new UnknownJobError(id)
        if (isResting(job.status)) return job
        if (listener.isClosed) throw closed(id)
      }
      await listener.awake()
      const { events: heard } = listener.take(Number.POSITIVE_INFINITY)
      mayRest = heard.some((event) => event.kind === 'reset' || isResting(event.job.status))
    }
  } finally {
    clearInterval(keepAlive)
    signal?.removeEventListener('abort', onAbort)
    listener.close()
  }
}

function closed(id: string): BackbeatError {
  return new BackbeatError(
    'closed',
    `Backbeat was closed while job ${id} was waited for. The job goes on where a worker runs; ask for it again.`,
    { status: 503 },
  )
}
