import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { PASSWORD, type ShopApp } from './app.ts'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('notifications in a browser', () => {
  const stage = Stage.use()
  let app: ShopApp
  let page: Page

  beforeEach(() => {
    app = stage.app
    page = stage.page
    app.gate.open()
  })

  const path = (screen: string, origin = app.origin) => stage.url(screen, origin)
  const bell = (unread: string) => page.getByRole('button', { name: `Notifications: ${unread} unread` })
  const list = () => page.locator('main .note')

  /** Checks a feed that does not answer. */
  async function fail(url = 'https://shop.example/a', triggeredBy = 'scheduled:hourly'): Promise<string> {
    const job = await app.backbeat.enqueue(app.tasks.feedCheck, { url }, { triggeredBy })
    await job.outcome()
    return job.id
  }

  async function warnOf(row: number): Promise<void> {
    const job = await app.backbeat.enqueue(app.tasks.productImport, { shop: `shop-${row}`, rows: 5, bad: [row] })
    await job.outcome()
  }

  test('ring the bell while one looks at something else, and lead to the job', async () => {
    await page.goto(path('/jobs'))
    await page.locator('.connection[data-mode="live"]').waitFor()
    await bell('none').waitFor()
    await fail('https://shop.example/a')
    await bell('1').waitFor()
    const id = await fail('https://shop.example/b')
    await bell('1').click()
    const latest = page.getByRole('dialog', { name: 'Notifications' })
    await latest.getByText('2 jobs').waitFor()
    await latest.getByRole('link', { name: 'The feed at https://shop.example/b answered 503' }).click()
    await page.waitForURL((url) => url.pathname.endsWith(`/jobs/${id}`))
    await latest.waitFor({ state: 'detached' })
    await bell('none').waitFor()
  })

  test('are unread again when it happens again, and say how many are new', async () => {
    await fail()
    await warnOf(2)
    await page.goto(path('/'))
    await bell('2').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Mark all as read' }).click()
    await bell('none').waitFor()
    await page.getByRole('link', { name: 'All notifications' }).click()
    await page.getByText('You have read everything').waitFor()
    await fail()
    await bell('1').waitFor()
    await list().getByText('2 jobs 1 new').waitFor()
    expect(await list().count()).toBe(1)
    await page.getByRole('button', { name: 'Mark as read' }).click()
    await page.getByText('You have read everything').waitFor()
    await page.getByText('All', { exact: true }).click()
    await expect.poll(() => list().count(), PATIENT).toBe(2)
    await page.getByRole('link', { name: 'Jobs with warnings' }).click()
    await page.waitForURL(
      (url) => url.searchParams.get('filter')?.startsWith('status:completed_with_warnings') === true,
    )
  })

  test('are dismissed until it happens again', async () => {
    await page.goto(path('/notifications'))
    await page.getByText('Nothing to tell').waitFor()
    await fail()
    await list().waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByText('Nothing to tell').waitFor()
    await fail()
    await list().getByText('2 jobs 1 new').waitFor()
    await page.getByRole('link', { name: 'Error group' }).click()
    await page.getByRole('heading', { name: 'Errors' }).waitFor()
    await page.locator('.fault[aria-current]').getByText('The feed at').waitFor()
  })

  test('tell which jobs are one’s own, and a viewer has read none of what others have', async () => {
    await fail('https://shop.example/a', 'manual:ana')
    await fail('https://shop.example/b')
    await warnOf(1)
    await page.goto(path('/notifications'))
    await expect.poll(() => list().count(), PATIENT).toBe(2)
    await page.getByLabel('With jobs of mine').check()
    await page.getByRole('link', { name: '1 of them yours' }).waitFor()
    await expect.poll(() => list().count(), PATIENT).toBe(1)
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    await bell('none').waitFor()

    await page.goto(path('/notifications', app.closedOrigin))
    await page.getByLabel('Name').fill('vera')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await bell('2').waitFor()
    await page.getByRole('button', { name: 'Mark as read' }).first().click()
    await bell('1').waitFor()
    await page.getByLabel('With jobs of mine').check()
    await page.getByText('None with a job of yours').waitFor()
  })

  test('speak the language of the reader', async () => {
    await fail()
    await page.goto(path('/notifications'))
    await page.getByRole('button', { name: 'Language' }).click()
    await page.getByRole('menuitem', { name: 'Deutsch' }).click()
    await page.getByRole('heading', { name: 'Mitteilungen' }).waitFor()
    await page.getByRole('button', { name: 'Mitteilungen: 1 ungelesen' }).waitFor()
    await page.getByRole('link', { name: 'Fehlergruppe' }).waitFor()
    await page.evaluate(() => localStorage.clear())
  })

  test.each(['light', 'dark'] as const)(
    'shut nobody out, in %s colours, nor do they need more room',
    async (colorScheme) => {
      await fail('https://shop.example/feeds/a-very-long-name-of-a-feed-that-has-nowhere-to-break/of/nord.csv')
      await fail('https://shop.example/b', 'manual:ana')
      await warnOf(2)
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const width of [1440, 360]) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto(path('/notifications'))
        await expect.poll(() => list().count(), PATIENT).toBe(2)
        expect(await barriers(page)).toEqual([])
        await bell('2').click()
        await page.getByRole('dialog').getByRole('link', { name: 'All notifications' }).waitFor()
        expect(await barriers(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
        const account = await page.getByRole('button', { name: 'Account' }).boundingBox()
        expect((account?.x ?? width) + (account?.width ?? 0)).toBeLessThanOrEqual(width)
      }
    },
  )
})
