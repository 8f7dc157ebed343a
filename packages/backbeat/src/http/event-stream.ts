import type { JobEvent, Listener, Taken } from '../events/listener.ts'
import type { JobSummary } from '../job/job.ts'
import { isResting } from '../job/states.ts'
import { presentSummary } from './presenters.ts'

/** So often at least something is sent, so that nobody in between takes the connection for dead. */
const HEARTBEAT_MS = 15_000
/** How long a browser waits before it connects again. */
const RETRY_MS = 3000
const EVENTS_AT_ONCE = 100

/** The id of the last event of a job that rests: nothing comes after it. */
export const RESTED = 'rested'

/**
 * Events for a filter, as Server-Sent Events. Begins to listen when it is first read, and reads on only
 * as fast as the other side takes it.
 *
 * @param isResumed whether the other side has listened before, and so knows what came before
 */
export function filterStream(listen: () => Listener, isResumed: boolean): ReadableStream<Uint8Array> {
  return streamOf(listen, {
    async begin(listener) {
      await listener.arrived()
      return {
        text: isResumed ? retry() : `${retry()}${block('ready', { position: listener.position }, listener.position)}`,
      }
    },
    async tell({ events, position }) {
      const last = events.length - 1
      return { text: events.map((event, index) => textOf(event, index === last ? position : null)).join('') }
    },
  })
}

/**
 * One job's events: the job as it is, then each change, until it rests.
 *
 * @param load reads the job as it is now
 */
export function jobStream(
  listen: () => Listener,
  load: () => Promise<JobSummary | undefined>,
): ReadableStream<Uint8Array> {
  const tellJob = (job: JobSummary | undefined): Told => {
    if (!job || isResting(job.status)) return { text: job ? withId(jobText(job), RESTED) : '', isLast: true }
    return { text: jobText(job) }
  }
  return streamOf(listen, {
    async begin(listener) {
      // Listening begins before the look, so that a change during it is not missed.
      await listener.arrived()
      const { text, isLast = false } = tellJob(await load())
      return { text: `${retry()}${text}`, isLast }
    },
    async tell({ events }) {
      const latest = events.at(-1)
      return tellJob(latest === undefined || latest.kind === 'reset' ? await load() : latest.job)
    },
  })
}

interface Told {
  text: string
  isLast?: boolean
}

interface Telling {
  begin(listener: Listener): Promise<Told>
  tell(taken: Taken): Promise<Told>
}

function streamOf(listen: () => Listener, telling: Telling): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let listener: Listener | undefined
  const next = async (): Promise<Told> => {
    if (listener) return nextOf(listener, telling)
    listener = listen()
    return telling.begin(listener)
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { text, isLast = false } = await next()
          if (listener?.isClosed && !isLast) return controller.close()
          if (text !== '') controller.enqueue(encoder.encode(text))
          if (!isLast) return
          listener?.close()
          controller.close()
        } catch (error) {
          listener?.close()
          throw error
        }
      },
      cancel() {
        listener?.close()
      },
    },
    // Nothing is made ready before it is asked for: what waits does so in the listener, which is bounded.
    { highWaterMark: 0 },
  )
}

async function nextOf(listener: Listener, telling: Telling): Promise<Told> {
  await listener.awake(HEARTBEAT_MS)
  const taken = listener.take(EVENTS_AT_ONCE)
  return taken.events.length > 0 ? telling.tell(taken) : { text: withId(': heartbeat\n\n', taken.position) }
}

const texts = new WeakMap<JobSummary, string>()

/** Made once for everyone who hears of it. */
function jobText(job: JobSummary): string {
  const text = texts.get(job) ?? block('job', presentSummary(job), null)
  texts.set(job, text)
  return text
}

function textOf(event: JobEvent, id: string | null): string {
  switch (event.kind) {
    case 'job':
      return withId(jobText(event.job), id)
    case 'left':
      return block('left', { id: event.job.id, status: event.job.status }, id)
    case 'reset':
      return block('reset', { position: id }, id)
  }
}

function retry(): string {
  return `retry: ${RETRY_MS}\n\n`
}

/** JSON has no line breaks of its own, so the data is one line. */
function block(event: string, data: unknown, id: string | null): string {
  return withId(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`, id)
}

function withId(text: string, id: string | null): string {
  return id === null ? text : `id: ${id}\n${text}`
}
