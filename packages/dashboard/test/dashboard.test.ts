import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { PASSWORD, ShopApp } from './app.ts'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

if (chromiumPath === undefined) {
  console.warn('No Chromium was found, so the dashboard is not tried in a browser. Install it, or set CHROMIUM to it.')
}

describe.skipIf(chromiumPath === undefined)('the dashboard in a browser', () => {
  const stage = Stage.use()
  let app: ShopApp
  let page: Page

  beforeEach(() => {
    app = stage.app
    page = stage.page
  })

  const path = (screen: string) => `${app.origin}/admin/background-tasks${screen}`
  const row = (id: string) => page.locator(`[data-job="${id}"]`)
  const status = (name: string) => page.locator('main').locator(`.status[data-status="${name}"]`).first()
  const start = (rows: number, bad: number[] = [], shop = 'nord') =>
    app.backbeat.enqueue(app.tasks.productImport, { shop, rows, bad })

  test('says that nothing has run, and shows the first job live until it is done', async () => {
    await page.goto(path('/'))
    await page.goto(path('/jobs'))
    await page.getByText('Nothing has run yet').waitFor()
    await page.locator('.connection[data-mode="live"]').waitFor()
    const { id } = await start(20)
    const bar = row(id).getByRole('progressbar')
    await bar.waitFor()
    await expect.poll(() => bar.getAttribute('aria-valuenow'), PATIENT).toBe('50')
    app.gate.open()
    await row(id).locator('[data-status="completed"]').waitFor()
  })

  test('keeps its filter in the address over a reload, and tells what does not match from what never was', async () => {
    app.gate.open()
    const echo = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await Promise.all([echo.outcome(), failed.outcome().catch(() => {})])
    await page.goto(path('/jobs'))
    await row(echo.id).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('error:"answered 503"')
    await row(echo.id).waitFor({ state: 'detached' })
    await row(failed.id).waitFor()
    await page.reload()
    await row(failed.id).waitFor()
    expect(await row(echo.id).count()).toBe(0)
    expect(await page.getByLabel('Filter jobs').inputValue()).toBe('error:"answered 503"')
    await page.getByLabel('Filter jobs').fill('task:no.such')
    await page.getByText('No job matches this filter').waitFor()
    await page.getByLabel('Filter jobs').fill('colour:red')
    await page.getByText('“colour:” is not known').waitFor()
  })

  test('loads further jobs on the way down, and keeps what is read in its place', async () => {
    app.gate.open()
    const oldest = await app.backbeat.enqueue(app.tasks.echo, { text: 'oldest' })
    await app.backbeat.enqueueMany(
      app.tasks.echo,
      Array.from({ length: 250 }, (_, index) => ({ text: String(index) })),
    )
    await page.goto(path('/jobs'))
    const table = page.getByRole('table')
    await expect
      .poll(async () => {
        await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return row(oldest.id).count()
      }, PATIENT)
      .toBe(1)
    const before = await row(oldest.id).boundingBox()
    const newest = await app.backbeat.enqueue(app.tasks.echo, { text: 'newest' })
    await page.getByRole('button', { name: '1 new job' }).waitFor()
    expect(await row(oldest.id).boundingBox()).toEqual(before)
    await page.getByRole('button', { name: '1 new job' }).click()
    await row(newest.id).waitFor()
  })

  test('works below another path', async () => {
    const mounted = await ShopApp.start({ basePath: '/backbeat' })
    mounted.gate.open()
    const { id } = await mounted.backbeat.enqueue(mounted.tasks.echo, { text: 'hello' })
    await page.goto(`${mounted.origin}/backbeat/admin/background-tasks`)
    await page.getByRole('link', { name: 'Jobs' }).click()
    await row(id).click()
    await page.waitForURL((url) => url.pathname === `/backbeat/admin/background-tasks/jobs/${id}`)
    await page.reload()
    await status('completed').waitFor()
    await page.locator('.connection[data-mode="live"]').waitFor()
    await mounted.close()
  })

  test('suggests what a filter may say', async () => {
    await page.goto(path('/jobs'))
    const filter = page.getByLabel('Filter jobs')
    await filter.fill('task:product')
    await page.getByRole('option', { name: 'catalog.product_import' }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('filter'), PATIENT).toBe('task:catalog.product_import')
  })

  test('retries the failed items of a job, and opens the new one', async () => {
    app.gate.open()
    const job = await start(30, [3, 7])
    await job.outcome()
    await page.goto(path('/jobs'))
    await row(job.id).click()
    await page.getByText('Row 3: the price is missing').waitFor()
    await page.getByRole('button', { name: 'Retry failed items' }).click()
    await page.getByText('A new job will do the 2 failed items again').waitFor()
    await page.getByRole('button', { name: 'Retry 2 items' }).click()
    await page.waitForURL((url) => url.pathname.includes('/jobs/') && !url.pathname.endsWith(job.id))
    await status('completed').waitFor()
    await page.getByText('Retried from').waitFor()
  })

  test('cancels a running job with a reason', async () => {
    const { id } = await start(10)
    await page.goto(path(`/jobs/${id}`))
    await status('running').waitFor()
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByText('It is asked to stop').waitFor()
    await page.getByLabel('Why (for the record)').fill('wrong feed')
    await page.getByRole('button', { name: 'Cancel the job' }).click()
    await status('cancelled').waitFor()
    await page.getByText('wrong feed').waitFor()
  })

  test('shows the error of a failed job, and retries it by the keyboard', async () => {
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome().catch(() => {})
    await page.goto(path('/jobs'))
    await row(failed.id).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('FeedError', { exact: true }).waitFor()
    await page.keyboard.press('r')
    await page.getByRole('button', { name: 'Start a new job' }).click()
    await page.waitForURL((url) => url.pathname.includes('/jobs/') && !url.pathname.endsWith(failed.id))
    await page.getByText('Retried from').waitFor()
  })

  test('says why a job does not run', async () => {
    const runAt = new Date(Date.now() + 3_600_000)
    const { id } = await app.backbeat.enqueue(app.tasks.later, { order: 1 }, { runAt })
    await page.goto(path(`/jobs/${id}`))
    await page.getByText('Why is it not running?').waitFor()
    await page.getByText(/^It is due in .* Wait; it starts by itself\.$/).waitFor()
    await page.evaluate(() => localStorage.setItem('backbeat.language', 'de'))
    await page.reload()
    await page.getByText(/^Er ist in .* fällig\. Warten Sie; er beginnt von selbst\.$/).waitFor()
  })

  test('retries all that match once their number is typed', async () => {
    const failing = Array.from({ length: 12 }, (_, index) =>
      app.backbeat.enqueue(app.tasks.feedCheck, { url: `https://shop.example/${index}` }),
    )
    for (const job of await Promise.all(failing)) await job.outcome().catch(() => {})
    await page.goto(path('/jobs?filter=status%3Afailed'))
    await page.getByRole('button', { name: 'All that match' }).click()
    await page.getByRole('menuitem', { name: 'Retry all that match' }).click()
    const submit = page.getByRole('button', { name: 'Retry 12 jobs' })
    await submit.waitFor()
    expect(await submit.isDisabled()).toBe(true)
    await page.getByLabel('Type 12 to confirm').fill('12')
    await submit.click()
    await page.getByText('12 jobs were retried.').waitFor()
    const client = await app.backbeat.open()
    expect((await client.list({ taskType: 'catalog.feed_check' }, { limit: 100 })).entries).toHaveLength(24)
  })

  test('says that it is disconnected, and catches up when the server is back', async () => {
    await page.goto(path('/jobs'))
    await page.getByText('Nothing has run yet').waitFor()
    await page.locator('.connection[data-mode="live"]').waitFor()
    const place = await app.disconnect()
    await page.locator('.connection[data-mode="lost"]').waitFor()
    stage.app = await ShopApp.start(place)
    app = stage.app
    const { id } = await app.backbeat.enqueue(app.tasks.echo, { text: 'meanwhile' })
    await row(id).locator('[data-status="completed"]').waitFor({ timeout: 20_000 })
    await page.locator('.connection[data-mode="live"]').waitFor()
  })

  test('lets a viewer look, and shows her no button that changes anything', async () => {
    app.gate.open()
    const job = await start(30, [3])
    await job.outcome()
    await page.goto(`${app.closedOrigin}/admin/background-tasks/jobs/${job.id}`)
    await page.getByLabel('Name').fill('vera')
    await page.getByLabel('Password', { exact: true }).fill('a wrong password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Row 3: the price is missing').waitFor()
    expect(await page.getByRole('button', { name: /Retry|Cancel/ }).count()).toBe(0)
    const refused = await page.evaluate(
      async (id) => (await fetch(`/api/v1/admin/background-tasks/${id}/retry`, { method: 'POST' })).status,
      job.id,
    )
    expect(refused).toBe(403)
    await page.getByRole('link', { name: 'Jobs' }).click()
    await row(job.id).waitFor()
    expect(await page.getByRole('checkbox').count()).toBe(0)
  })

  test('pauses a queue, and says on the overview that its jobs wait', async () => {
    await page.goto(path('/queues'))
    const runAt = new Date(Date.now() + 3_600_000)
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, { runAt })
    const mail = page.getByRole('row', { name: /mail/ })
    await mail.getByRole('button', { name: 'Pause' }).click()
    await mail.getByText('Paused').waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByText('mail is paused: 1 job waits.').waitFor()
  })

  test('goes to a job by its id from anywhere, in the language of the reader', async () => {
    const { id } = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    await page.goto(path('/jobs'))
    await page.getByRole('button', { name: 'Language' }).click()
    await page.getByRole('menuitem', { name: 'Deutsch' }).click()
    await page.getByRole('button', { name: 'Anhalten' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /Eine Seite/ }).fill(id)
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.pathname.endsWith(id))
    await page.getByRole('heading', { name: 'Eingabe' }).waitFor()
    expect(await status('completed').textContent()).toBe('Fertig')
    await page.evaluate(() => localStorage.clear())
  })

  test.each(['light', 'dark'] as const)('has nothing that shuts people out, in %s colours', async (colorScheme) => {
    app.gate.open()
    const partly = await start(30, [3, 7])
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await Promise.all([partly.outcome(), failed.outcome().catch(() => {})])
    app.gate.shut()
    const running = await start(10, [], 'sued')
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const screens = [
      '/',
      '/errors',
      '/queues',
      '/workers',
      '/notifications',
      '/jobs',
      '/jobs?filter=task%3Ano.such',
      `/jobs/${partly.id}`,
      `/jobs/${failed.id}`,
      `/jobs/${running.id}`,
    ]
    for (const url of [...screens.map(path), `${app.closedOrigin}/admin/background-tasks/`]) {
      await page.goto(url)
      await page.locator('h1').first().waitFor()
      await page
        .locator('[role="table"], .empty strong, .faults, .timeline, .data, .notes, .chart, form')
        .first()
        .waitFor()
      expect([url, await barriers(page)]).toEqual([url, []])
    }
  })
})
