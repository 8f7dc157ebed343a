// Writes each screen at two widths, light and dark, to a folder: `npm run screenshots [folder [name,name [language]]]`.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ShopApp } from './app.ts'
import { Browser } from './browser.ts'

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'screenshots'))
mkdirSync(folder, { recursive: true })

const app = await ShopApp.start()
const { backbeat, tasks, gate } = app
const bad = [3, 17, 40]

gate.open()
for (let order = 0; order < 40; order += 1) await backbeat.enqueue(tasks.echo, { text: `Order ${order}` })
await (await backbeat.enqueue(tasks.productImport, { shop: 'west', rows: 10, bad: [2] })).outcome()
const partly = await backbeat.enqueue(
  tasks.productImport,
  { shop: 'sued', rows: 60, bad },
  { triggeredBy: 'manual:ana' },
)
await partly.outcome()
const failed = await backbeat.enqueue(tasks.feedCheck, { url: 'https://shop.example/feeds/nord.csv' })
await failed.outcome()
for (let index = 0; index < 4; index += 1) {
  await (await backbeat.enqueue(tasks.feedCheck, { url: `https://shop.example/feeds/${index}.csv` })).outcome()
}
const tried = await backbeat.enqueue(
  tasks.charge,
  { order: 'order-4711', fails: 6 },
  { triggeredBy: 'scheduled:nightly' },
)
await tried.outcome()
const chatty = await backbeat.enqueue(tasks.chatter, { lines: 300 })
await chatty.outcome()
await (await backbeat.enqueue(tasks.stockCheck, { url: 'https://shop.example/stock' })).outcome()
await (await backbeat.enqueue(tasks.mirror, { text: 'Cannot read properties of undefined (reading price)' })).outcome()
gate.shut()
const later = await backbeat.enqueue(tasks.later, { order: 7 }, { runAt: new Date(Date.now() + 3_600_000) })
const running = await backbeat.enqueue(
  tasks.productImport,
  { shop: 'nord', rows: 200, bad },
  { triggeredBy: 'manual:ana' },
)
await backbeat.enqueue(tasks.report, { month: '2026-02' }, { triggeredBy: 'scheduled:monthly' })

const root = `${app.origin}/admin/background-tasks`
const screens: [name: string, url: string][] = [
  ['jobs', `${root}/jobs`],
  ['jobs-failed', `${root}/jobs?filter=status%3Afailed`],
  ['jobs-no-match', `${root}/jobs?filter=task%3Ano.such`],
  ['job-running', `${root}/jobs/${running.id}`],
  ['job-partly-failed', `${root}/jobs/${partly.id}`],
  ['job-failed', `${root}/jobs/${failed.id}`],
  ['job-attempts', `${root}/jobs/${tried.id}`],
  ['job-log', `${root}/jobs/${chatty.id}`],
  ['job-waiting', `${root}/jobs/${later.id}`],
  ['job-unknown', `${root}/jobs/00000000-0000-7000-8000-000000000000`],
  ['sign-in', `${app.closedOrigin}/admin/background-tasks/`],
  ['overview', `${root}/`],
  ['errors', `${root}/errors`],
  ['tasks', `${root}/tasks`],
  ['task', `${root}/tasks/catalog.product_import`],
  ['task-form', `${root}/tasks/catalog.price_change`],
  ['queues', `${root}/queues`],
  ['workers', `${root}/workers`],
  ['notifications', `${root}/notifications`],
]

const only = process.argv[3]?.split(',')
const language = process.argv[4] ?? 'en'

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390, 360]) {
    const browser = await Browser.open({ width, height: width < 1000 ? 844 : 900, colorScheme })
    await browser.context.addInitScript((chosen) => localStorage.setItem('backbeat.language', chosen), language)
    const page = await browser.context.newPage()
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
    page.on('pageerror', (error) => console.error(error))
    for (const [name, url] of screens.filter(([name]) => !only || only.includes(name))) {
      await page.goto(url)
      await page.locator('h1, .empty strong').first().waitFor()
      // Whatever is still being asked for has arrived when nothing has changed for a moment.
      await page.waitForTimeout(400)
      await page.screenshot({
        path: join(folder, `${name}-${width}-${colorScheme}.png`),
        fullPage: width > 1000 || !name.startsWith('jobs'),
      })
    }
    await page.locator('.bell').click()
    await page.locator('.bell-all').waitFor()
    await page.waitForTimeout(400)
    await page.screenshot({ path: join(folder, `bell-${width}-${colorScheme}.png`) })
    await browser.close()
  }
}
await app.close()
console.log(`The screenshots are in ${folder}`)
