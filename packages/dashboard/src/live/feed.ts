import type { JobSummary } from 'backbeat/client'
import { askAfter } from '../notifications/hint.ts'
import { connection } from './connection.ts'
import type { Change } from './job-list.ts'

/** How long until it is asked again while no events arrive, in milliseconds. */
const FALLBACK_MS = 3000

export interface FeedHandlers {
  /** All that was told since the last frame, in its order. */
  onChanges: (changes: Change[]) => void
  /** What is shown may be incomplete: load it again. */
  onReset: () => void
  /** Asked for every three seconds while no events arrive. */
  poll: () => Promise<void>
}

/**
 * Follows a stream of events until it is closed. While the stream is broken it polls instead, and
 * goes on where it was once the server is back.
 *
 * @returns what closes it
 */
export function openFeed(url: string, { onChanges, onReset, poll }: FeedHandlers): () => void {
  let source: EventSource | undefined
  let lastEventId = ''
  let changes: Change[] = []
  let frame = 0
  let polling: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  // Many events in one frame are one change of the page. A hidden page has no frames, and no hurry.
  const flush = () => {
    frame = 0
    const told = changes
    changes = []
    onChanges(told)
    askAfter(told)
  }
  const gather = (change: Change, event: MessageEvent) => {
    lastEventId = event.lastEventId || lastEventId
    changes.push(change)
    connection.heard()
    if (frame === 0) frame = document.hidden ? window.setTimeout(flush, FALLBACK_MS) : requestAnimationFrame(flush)
  }

  const askAgain = () => {
    polling ??= setTimeout(async () => {
      await poll().catch(() => {})
      polling = undefined
      if (isClosed || source?.readyState === EventSource.OPEN) return
      // A stream that was refused, and not merely cut, is not opened again by the browser.
      if (source?.readyState === EventSource.CLOSED) open()
      askAgain()
    }, FALLBACK_MS)
  }

  const open = () => {
    const resume = lastEventId && `${url.includes('?') ? '&' : '?'}last_event_id=${encodeURIComponent(lastEventId)}`
    source?.close()
    source = new EventSource(`${url}${resume}`)
    source.onopen = () => connection.stream(true)
    source.onerror = () => {
      connection.stream(false)
      if (!isClosed) askAgain()
    }
    const restart = (event: MessageEvent) => {
      lastEventId = event.lastEventId || lastEventId
      connection.heard()
      changes = []
      onReset()
    }
    source.addEventListener('ready', restart)
    source.addEventListener('reset', restart)
    source.addEventListener('job', (event) => gather({ kind: 'job', job: JSON.parse(event.data) as JobSummary }, event))
    source.addEventListener('left', (event) => gather({ kind: 'left', ...JSON.parse(event.data) }, event))
  }

  open()
  return () => {
    isClosed = true
    source?.close()
    clearTimeout(polling)
    cancelAnimationFrame(frame)
    clearTimeout(frame)
    connection.stream(false)
  }
}
