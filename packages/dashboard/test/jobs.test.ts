import { describe, expect, test } from 'vitest'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('the list of jobs in a browser', () => {
  const stage = Stage.use()
  const row = (id: string) => stage.page.locator(`[data-job="${id}"]`)
  const filter = () => new URL(stage.page.url()).searchParams.get('filter')
  const views = () => stage.page.locator('.views-button')

  test('keeps filters under names, which are opened, renamed, handed on by their address, and deleted', async () => {
    const { page, app } = stage
    app.gate.open()
    const echo = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app.origin })
    await stage.open('/jobs')
    await row(echo.id).waitFor()
    await views().click()
    await page.getByText('No filter has a name yet').waitFor()
    await page.keyboard.press('Escape')
    await page.getByLabel('Filter jobs').fill('status:failed task:catalog.feed_check')
    await row(echo.id).waitFor({ state: 'detached' })
    await views().click()
    await page.getByLabel('Keep this filter as').fill('Broken feeds')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Broken feeds' }).waitFor()
    expect(await views().textContent()).toBe('Broken feeds')

    await page.getByRole('button', { name: 'Copy link to Broken feeds' }).click()
    const address = await page.evaluate(() => navigator.clipboard.readText())
    await stage.open('/jobs')
    await row(echo.id).waitFor()
    await views().click()
    await page.getByRole('link', { name: 'Broken feeds' }).click()
    await row(echo.id).waitFor({ state: 'detached' })
    expect(filter()).toBe('status:failed task:catalog.feed_check')
    expect(page.url()).toBe(address)

    await views().click()
    await page.getByRole('button', { name: 'Rename Broken feeds' }).click()
    await page.getByRole('textbox', { name: 'Rename Broken feeds' }).fill('Feeds')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Feeds', exact: true }).waitFor()
    expect(await barriers(page)).toEqual([])
    await page.reload()
    expect(await views().textContent()).toBe('Feeds')
    await views().click()
    await page.getByRole('button', { name: 'Delete Feeds' }).click()
    await page.getByText('No filter has a name yet').waitFor()
    await page.goto(address)
    await row(failed.id).waitFor()
  })

  test('shows the columns that are chosen, also after a reload', async () => {
    const { page, app } = stage
    app.gate.open()
    await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    await stage.open('/jobs')
    const headings = () => page.getByRole('columnheader').allTextContents()
    await expect.poll(headings, PATIENT).toContain('Queue')
    expect(await headings()).not.toContain('Started by')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Queue' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Started by' }).click()
    expect(await page.getByRole('menuitemcheckbox', { name: 'Queue' }).getAttribute('aria-checked')).toBe('false')
    await page.keyboard.press('Escape')
    expect(await headings()).toContain('Started by')
    await page.reload()
    await expect.poll(headings, PATIENT).toContain('Started by')
    expect(await headings()).not.toContain('Queue')
    await page.getByRole('cell', { name: 'app', exact: true }).waitFor()
  })

  test('stops a bulk action where it is asked to, and says what was done', async () => {
    const { page, app } = stage
    const inputs = Array.from({ length: 230 }, (_, index) => ({ url: `https://shop.example/${index}` }))
    await app.backbeat.enqueueMany(app.tasks.feedCheck, inputs)
    const client = await app.backbeat.open()
    const count = async (query: object) => (await client.page(query, 1, 1)).total.value
    await expect.poll(() => count({ status: ['failed'] }), { timeout: 20_000 }).toBe(230)
    await stage.open('/jobs?filter=status%3Afailed')
    // The second part is held back until there was time to stop.
    let parts = 0
    await page.route('**/bulk', async (route) => {
      if (!route.request().postDataJSON().dry_run) parts += 1
      if (parts < 2) await route.continue()
    })
    await page.getByRole('button', { name: 'All that match' }).click()
    await page.getByRole('menuitem', { name: 'Retry all that match' }).click()
    await page.getByLabel('Type 230 to confirm').fill('230')
    await page.getByRole('button', { name: 'Retry 230 jobs' }).click()
    await page.getByText('100 jobs were retried.').waitFor()
    await page.getByRole('button', { name: 'Stop here' }).click()
    await page.getByText('Stopped here').waitFor()
    await page.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await count({})).toBe(330)
  })

  test('acts on all that are selected, also when they are more than one request takes', async () => {
    const { page, app } = stage
    const runAt = new Date(Date.now() + 3_600_000)
    const orders = Array.from({ length: 210 }, (_, order) => ({ order }))
    await app.backbeat.enqueueMany(app.tasks.later, orders, { runAt })
    await stage.open('/jobs')
    const table = page.getByRole('table')
    await expect
      .poll(async () => {
        await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return table.getAttribute('aria-rowcount')
      }, PATIENT)
      .toBe('210')
    await page.getByLabel('Select all that are shown').click()
    await page.getByText('210 selected').waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('Type 210 to confirm').fill('210')
    await page.getByRole('button', { name: 'Cancel 210 jobs' }).click()
    await page.getByText('210 jobs were cancelled.').waitFor()
  })

  describe('a search that stops before it has looked at everything', () => {
    const LONG = { timeout: 60_000 }

    /** Three times as many jobs as a search looks at on this machine, after one that it looks for. */
    async function aLongHistory(): Promise<string> {
      const { app } = stage
      const wanted = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
      await wanted.outcome()
      const began = Date.now()
      const runAt = new Date(began + 3_600_000)
      const others = Array.from({ length: 50_000 }, (_, order) => ({ order }))
      /** Of the time that history took to come about, the share that a search looks back on. */
      const share = async () => {
        const answer = await fetch(`${app.origin}/api/v1/admin/background-tasks?queue=default`)
        const { searched_to } = await answer.json()
        return searched_to === undefined ? 1 : (Date.now() - Date.parse(searched_to)) / (Date.now() - began)
      }
      do await app.backbeat.enqueueMany(app.tasks.later, others, { runAt })
      while (Math.max(await share(), await share(), await share()) > 1 / 3)
      return wanted.id
    }

    test('says how far it looked, goes on when asked, and stops when told', async () => {
      const { page, app } = stage
      const old = await aLongHistory()
      await stage.open('/jobs?filter=queue%3Adefault')
      await page.getByText('Nothing found so far').waitFor(LONG)
      const reach = page.getByText(/^Looked back to \w+ \d+, \d\d:\d\d/)
      const exact = page.getByRole('tooltip').getByText(/\d\d:\d\d:\d\d \S+$/)
      // The page may still shift below the pointer while it loads.
      const isTold = async () => {
        await page.mouse.move(0, 0)
        await reach.locator('time').hover()
        return exact.waitFor({ timeout: 2000 }).then(
          () => true,
          () => false,
        )
      }
      await expect.poll(isTold, LONG).toBe(true)
      expect(await barriers(page)).toEqual([])

      // One that comes to match is shown at once, and the rest is still to be looked for.
      const fresh = await app.backbeat.enqueue(app.tasks.echo, { text: 'again' })
      await row(fresh.id).waitFor(LONG)
      await reach.waitFor(LONG)
      expect(await barriers(page)).toEqual([])

      const answers = Promise.withResolvers<void>()
      await page.route('**/background-tasks?*', async (route) => {
        await answers.promise
        await route.continue()
      })
      await page.getByRole('button', { name: 'Look further' }).click()
      await page.getByText(/^Looking back past/).waitFor()
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      answers.resolve()
      await expect.poll(() => page.getByText(/^Looking back past/).count(), LONG).toBe(0)

      // As often as it takes: how far one search comes depends on how busy the machine is.
      const further = page.getByRole('button', { name: 'Look further' })
      const isFound = async () => {
        if (await further.isVisible()) await further.click({ timeout: 1000 }).catch(() => {})
        return row(old).isVisible()
      }
      await expect.poll(isFound, LONG).toBe(true)
      await reach.waitFor({ state: 'detached', ...LONG })
      expect(await page.locator('[data-job]').count()).toBe(2)
    }, 180_000)
  })

  test('tries again to load older jobs when asked, and says that it could not', async () => {
    const { page, app } = stage
    const runAt = new Date(Date.now() + 3_600_000)
    const orders = Array.from({ length: 150 }, (_, order) => ({ order }))
    await app.backbeat.enqueueMany(app.tasks.later, orders, { runAt })
    const further = (url: URL) => url.searchParams.has('cursor')
    await page.route(further, (route) => route.abort())
    await stage.open('/jobs')
    const table = page.getByRole('table')
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.getByText('Older jobs could not be loaded.').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.unroute(further)
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => table.getAttribute('aria-rowcount'), PATIENT).toBe('150')
    expect(await page.getByText('Older jobs could not be loaded.').count()).toBe(0)
  })

  test('keeps the chosen state in sight on a narrow screen', async () => {
    const { page } = stage
    await page.setViewportSize({ width: 390, height: 844 })
    await stage.open('/jobs?filter=status%3Acancelled')
    const chosen = page.locator('.tile[aria-pressed="true"]')
    await chosen.waitFor()
    const isInSight = () =>
      chosen.evaluate((tile) => {
        const { left, right } = tile.getBoundingClientRect()
        return left >= 0 && right <= window.innerWidth
      })
    await expect.poll(isInSight, PATIENT).toBe(true)
    expect(await chosen.textContent()).toContain('Cancelled')
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})
