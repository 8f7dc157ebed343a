// Opens, scrolls, filters and searches the list of jobs of a server that runs, and says which frames came late:
// `npm run scrolling -- http://127.0.0.1:3000/admin/background-tasks`.
import { Browser } from './browser.ts'
import { watchFrames } from './watched-frames.ts'

const PAGES = 60
const FILTERS = ['status:failed', 'task:catalog.*', 'queue:nobody', 'tag:shop=nord', 'error:503', 'since:7d', 'zzzz']
const root = process.argv[2] ?? 'http://127.0.0.1:3000/admin/background-tasks'

const browser = await Browser.open()
const page = await browser.context.newPage()
const table = page.getByRole('table')
const rows = () => page.locator('[data-job]')
const loaded = async () => Number(await table.getAttribute('aria-rowcount'))
/** Rows, or words why there are none. */
const answered = () => rows().first().or(page.locator('.panel .empty strong')).waitFor()
const said = async (what: string, work: () => Promise<void>) => {
  const began = performance.now()
  const frames = await watchFrames(page, work)
  console.log(`${what}, ${Math.round(performance.now() - began)} ms: ${frames}`)
}

await page.goto(`${root}/settings`)
await page.locator('h1').waitFor()
await said('The list opened', async () => {
  await page.getByRole('link', { name: 'Jobs', exact: true }).click()
  await rows().first().waitFor()
})
await table.hover()
await said(`${PAGES} screens further down by the wheel`, async () => {
  for (let screen = 0; screen < PAGES; screen += 1) {
    await page.mouse.wheel(0, 700)
    await page.waitForTimeout(50)
  }
})
await said('To the end of what was loaded, 30 times', async () => {
  for (let time = 0; time < 30; time += 1) {
    const before = await loaded()
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.waitForFunction(
      (count) => Number(document.querySelector('[role=table]')?.getAttribute('aria-rowcount')) > count,
      before,
    )
  }
})
console.log(`${await loaded()} rows are loaded`)
await said('To the top and down again', async () => {
  for (let time = 0; time < 5; time += 1) {
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2))
    await page.waitForTimeout(200)
    await table.evaluate((element) => element.scrollTo(0, 0))
    await page.waitForTimeout(200)
  }
})
for (const filter of FILTERS) {
  await page.goto(`${root}/jobs`)
  await rows().first().waitFor()
  await said(`Filtered by ${filter}`, async () => {
    const input = page.getByRole('textbox', { name: 'Filter jobs' })
    await input.pressSequentially(filter, { delay: 40 })
    await input.press('Enter')
    await page.waitForURL((url) => url.searchParams.get('filter') === filter)
    await answered()
  })
}
await browser.close()
