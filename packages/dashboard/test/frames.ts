// Runs jobs while a screen follows them, and says which frames came late: `npm run frames [jobs a second]`.
import { ShopApp } from './app.ts'
import { Browser } from './browser.ts'
import { watchFrames } from './watched-frames.ts'

const SECONDS = 15
const rate = Number(process.argv[2] ?? 200)

const app = await ShopApp.start()
app.gate.open()
const browser = await Browser.open()
const page = await browser.context.newPage()
for (const screen of ['/jobs', '/']) {
  await page.goto(`${app.origin}/admin/background-tasks${screen}`)
  await page.locator('.connection[data-mode="live"]').waitFor()
  let jobs = 0
  const frames = await watchFrames(page, async () => {
    jobs = await enqueueFor(SECONDS * 1000)
  })
  console.log(`${screen}: ${jobs} jobs in ${SECONDS} s: ${frames}`)
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
