// Writes each screen at three widths, light and dark, to a folder: `npm run screenshots [folder [names [language]]]`.
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

const { users, tokens } = await backbeat.openAccess()
const operator = { name: 'manual:ada', requestId: null, address: '192.0.2.7' }
await tokens.create({ name: 'ci-deploy', permission: 'background_tasks.manage', tasks: null, expires: '90d' }, operator)
await tokens.create({ name: 'shop-import', permission: null, tasks: ['catalog.*'], expires: null }, operator)
await tokens.create({ name: 'old-cron', permission: 'background_tasks.view', tasks: null, expires: '7d' }, operator)
await tokens.revoke('old-cron', operator)
await users.change('vera', { role: 'operator' }, operator)
await users.change('otto', { disabled: true }, operator)

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
  ['users', `${root}/users`],
  ['tokens', `${root}/tokens`],
  ['audit-log', `${root}/audit-log`],
  ['settings', `${root}/settings`],
]
/** Opened on a screen by the buttons of these names, one after another. */
const dialogs: [name: string, url: string, buttons: string[]][] = [
  ['user-add', `${root}/users`, ['Add a user']],
  ['user-disable', `${root}/users`, ['Disable']],
  ['token-add', `${root}/tokens`, ['Make a token']],
  ['token-revoke', `${root}/tokens`, ['Revoke']],
  ['queue-limit', `${root}/queues`, ['Limit: none. Change it']],
  ['worker-resize', `${root}/workers`, ['Resize']],
  ['worker-stop', `${root}/workers`, ['Stop']],
]
/** Only screens and dialogs whose names match: `npm run screenshots -- pictures 'queue|worker' de`. */
const only = new RegExp(process.argv[3] ?? '')
const language = process.argv[4] ?? 'en'

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390, 360]) {
    const browser = await Browser.open({ width, height: width === 1440 ? 900 : 844, colorScheme })
    await browser.context.addInitScript((chosen) => localStorage.setItem('backbeat.language', chosen), language)
    const page = await browser.context.newPage()
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
    page.on('pageerror', (error) => console.error(error))
    const open = async (url: string) => {
      await page.goto(url)
      await page.locator('h1, .empty strong').first().waitFor()
      // Whatever is still being asked for has arrived when nothing has changed for a moment.
      await page.waitForTimeout(400)
    }
    const shoot = (name: string, fullPage: boolean) =>
      page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage })
    for (const [name, url] of screens.filter(([name]) => only.test(name))) {
      await open(url)
      await shoot(name, width === 1440 || !name.startsWith('jobs'))
    }
    // Their buttons are found by their English names.
    for (const [name, url, buttons] of dialogs.filter(([name]) => language === 'en' && only.test(name))) {
      await open(url)
      for (const button of buttons) await page.getByRole('button', { name: button, exact: true }).first().click()
      await page.waitForTimeout(400)
      await shoot(`dialog-${name}`, false)
    }
    if (only.test('bell')) {
      await open(root)
      await page.locator('.bell').click()
      await page.locator('.bell-all').waitFor()
      await page.waitForTimeout(400)
      await shoot('bell', false)
    }
    await browser.close()
  }
}
await app.close()
console.log(`The screenshots are in ${folder}`)
