// Runs jobs while a screen follows them, and says which frames came late: `npm run frames [jobs a second]`.
import { ShopApp } from './app.ts'
import { Browser } from './browser.ts'

const SECONDS = 15
const LATE_MS = 34
const rate = Number(process.argv[2] ?? 200)

interface Watched {
  gaps: number[]
  longTasks: number[]
}
const watched = () => (globalThis as unknown as { watched: Watched }).watched

const app = await ShopApp.start()
app.gate.open()
const browser = await Browser.open()
const page = await browser.context.newPage()
for (const screen of ['/jobs', '/']) {
  await page.goto(`${app.origin}/admin/background-tasks${screen}`)
  await page.locator('.connection[data-mode="live"]').waitFor()
  await page.evaluate(() => {
    const seen: Watched = { gaps: [], longTasks: [] }
    Object.assign(globalThis, { watched: seen })
    let last = performance.now()
    const tick = (now: number) => {
      seen.gaps.push(now - last)
      last = now
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longTasks.push(duration)
    }).observe({ type: 'longtask' })
  })
  const session = await browser.context.newCDPSession(page)
  // Of the page's own thread, whatever else the machine does.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await busyMs()
  const jobs = await enqueueFor(SECONDS * 1000)
  const busy = ((await busyMs()) - before) / SECONDS
  const { gaps, longTasks } = await page.evaluate(watched)
  const late = gaps.filter((gap) => gap > LATE_MS).length
  const longest = Math.round(Math.max(0, ...longTasks))
  console.log(
    `${screen}: ${jobs} jobs in ${SECONDS} s, ${gaps.length} frames, ${late} of them more than ${LATE_MS} ms after the one before; ` +
      `${longTasks.length} long tasks (the longest ${longest} ms); the page worked ${Math.round(busy)} ms of each second`,
  )

  async function busyMs(): Promise<number> {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
}
await browser.close()
await app.close()

async function enqueueFor(ms: number): Promise<number> {
  const began = Date.now()
  let sent = 0
  while (Date.now() - began < ms) {
    const due = Math.floor(((Date.now() - began) / 1000) * rate) - sent
    const inputs = Array.from({ length: due }, (_, index) => ({ text: `Order ${sent + index}` }))
    await app.backbeat.enqueueMany(app.tasks.echo, inputs)
    sent += due
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return sent
}
