import { describe, expect, test } from 'vitest'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('the errors in a browser', () => {
  const stage = Stage.use()
  const fault = (text: string) => stage.page.locator('.fault').filter({ hasText: text })
  const fail = async () => {
    const { app } = stage
    app.gate.open()
    const jobs = [
      await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' }),
      await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/b' }),
      await app.backbeat.enqueue(app.tasks.stockCheck, { url: 'https://shop.example/c' }),
      await app.backbeat.enqueue(app.tasks.mirror, { text: 'Nothing is in stock' }),
    ]
    for (const job of jobs) await job.outcome()
    return jobs
  }

  test('say what failed how often and when, which tasks it hit, and lead to their jobs', async () => {
    const { page } = stage
    await stage.open('/errors')
    await page.getByText('Nothing has failed').waitFor()
    const [, , newest] = await fail()
    const feed = fault('answered 503')
    await feed.waitFor()
    expect(await page.locator('.fault').count()).toBe(2)
    expect(await feed.locator('.fault-count').textContent()).toBe('3')
    expect(await feed.locator('.fault-facts time').count()).toBe(2)
    expect(await feed.locator('.fault-tasks a').allTextContents()).toEqual([
      'catalog.feed_check × 2',
      'catalog.stock_check × 1',
    ])
    const bars = feed.locator('.fault-chart i')
    expect(await bars.count()).toBe(48)
    expect(await bars.last().getAttribute('data-count')).toBe('3')
    await page.getByText('Hour', { exact: true }).click()
    await expect.poll(() => bars.count(), PATIENT).toBe(60)
    await page.reload()
    await expect.poll(() => bars.count(), PATIENT).toBe(60)
    await feed.getByRole('link', { name: 'answered 503' }).click()
    await page.waitForURL((url) => url.pathname.endsWith(newest?.id ?? ''))
    await page.goBack()
    await feed.getByRole('link', { name: 'catalog.stock_check' }).click()
    await page.locator(`[data-job="${newest?.id}"]`).waitFor()
  })

  test('are retried as a group, and no other is', async () => {
    const { page, app } = stage
    await fail()
    await stage.open('/errors')
    await fault('answered 503').getByRole('button', { name: 'Retry all' }).click()
    await page.getByText('3 new jobs will do the work again').waitFor()
    await page.getByRole('button', { name: 'Retry 3 jobs' }).click()
    await page.getByText('3 jobs were retried.').waitFor()
    await page.getByRole('button', { name: 'Close' }).last().click()
    const count = () => fault('answered 503').locator('.fault-count').textContent()
    await expect.poll(count, PATIENT).toBe('6')
    const client = await app.backbeat.open()
    expect((await client.page({ taskType: 'demo.mirror' }, 1, 10)).total.value).toBe(1)
  })

  test('show a viewer no button', async () => {
    await fail()
    await stage.openAs('vera', '/errors')
    await fault('answered 503').waitFor()
    expect(await stage.page.getByRole('button', { name: 'Retry all' }).count()).toBe(0)
  })

  test.each([390, 360])('are cards on a screen of %i pixels, with nothing out of reach', async (width) => {
    const { page } = stage
    await fail()
    await page.setViewportSize({ width, height: 844 })
    await stage.open('/errors')
    await fault('answered 503').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    for (const button of await page.getByRole('button', { name: 'Retry all' }).all()) {
      const box = await button.boundingBox()
      expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  test.each(['light', 'dark'] as const)('have nothing that shuts people out, in %s colours', async (colorScheme) => {
    const { page } = stage
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await fail()
    await stage.open('/errors')
    await fault('answered 503').waitFor()
    expect(await barriers(page)).toEqual([])
  })
})
