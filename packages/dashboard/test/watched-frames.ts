import type { CDPSession, Page } from 'playwright-core'

const LATE_MS = 34
const LONG_MS = 50

interface TraceEvent {
  name: string
  pid: number
  tid: number
  /** Of the thread's own time, in microseconds. */
  tdur?: number
  args?: { name?: string }
}

/**
 * Watches the frames of a page while something goes on, and says in a line how they came. How long tasks took is
 * the page's own time: whatever else the machine does makes frames late, but no task long.
 */
export async function watchFrames(page: Page, work: () => Promise<void>): Promise<string> {
  await page.evaluate(() => {
    const gaps: number[] = []
    const known = globalThis as unknown as { gaps?: number[] }
    known.gaps = gaps
    let last = performance.now()
    const tick = (now: number) => {
      if (known.gaps !== gaps) return
      gaps.push(now - last)
      last = now
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  const session = await page.context().newCDPSession(page)
  const began = performance.now()
  const tasks = await tasksDuring(session, work)
  const seconds = (performance.now() - began) / 1000
  await session.detach()
  const gaps = await page.evaluate(() => (globalThis as unknown as { gaps: number[] }).gaps)
  const late = gaps.filter((gap) => gap > LATE_MS).length
  const long = tasks.filter((ms) => ms > LONG_MS).length
  const busy = tasks.reduce((sum, ms) => sum + ms, 0) / seconds
  return (
    `${gaps.length} frames, ${late} of them more than ${LATE_MS} ms after the one before; ` +
    `${long} tasks of more than ${LONG_MS} ms (the longest ${Math.round(Math.max(0, ...tasks))} ms); ` +
    `the page worked ${Math.round(busy)} ms of each second`
  )
}

/** How long each task of the page's main thread took, in milliseconds of its own time. */
async function tasksDuring(session: CDPSession, work: () => Promise<void>): Promise<number[]> {
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const completed = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  const includedCategories = ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata']
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  await work()
  await session.send('Tracing.end')
  await completed
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const isMain = (event: TraceEvent) => threads.some(({ pid, tid }) => event.pid === pid && event.tid === tid)
  return events
    .filter((event) => event.name.endsWith('RunTask') && event.tdur !== undefined && isMain(event))
    .map(({ tdur = 0 }) => tdur / 1000)
}
