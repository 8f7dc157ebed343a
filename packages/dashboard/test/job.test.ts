import { describe, expect, test } from 'vitest'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('one job in a browser', () => {
  const stage = Stage.use()
  const charge = async (fails: number) => {
    const { app } = stage
    app.gate.open()
    const job = await app.backbeat.enqueue(app.tasks.charge, { order: `order-4711-${fails}`, fails })
    await job.outcome()
    return job
  }

  test('shows its attempts side by side, with what differs, at first the last two', async () => {
    const { page } = stage
    const { id } = await charge(2)
    await stage.open(`/jobs/${id}`)
    const cells = (name: string) => page.locator(`.compare [data-row="${name}"]`)
    await cells('error').first().waitFor()
    expect(await cells('error').allTextContents()).toEqual(['The gateway answered 502', '–'])
    await page.getByLabel('Second attempt to compare').selectOption('#1 · Failed')
    expect(await cells('error').allTextContents()).toEqual(['The gateway answered 502', 'The gateway answered 501'])
    expect(await cells('error').first().getAttribute('data-differs')).toBe('true')
    expect(await cells('worker').first().getAttribute('data-differs')).toBe('false')
    const [worker] = await (await stage.app.backbeat.open()).workers()
    expect(await cells('version').allTextContents()).toEqual([worker?.version, worker?.version])
    expect(await cells('errorType').allTextContents()).toEqual(['FeedError', 'FeedError'])
    expect(await cells('trace').first().locator('[data-shared="false"]').count()).toBeGreaterThan(0)
    expect(await cells('duration').nth(1).textContent()).toMatch(/\(.*s\)/)
  })

  test('folds many attempts and their moments, and shows them all when asked', async () => {
    const { page } = stage
    const { id } = await charge(14)
    await stage.open(`/jobs/${id}`)
    await page.getByRole('button', { name: 'Show 8 more attempts' }).click()
    expect(await page.getByRole('heading', { name: 'Attempts' }).count()).toBe(1)
    expect(await page.locator('.attempts tbody tr').count()).toBe(15)
    await page.locator('.timeline').getByRole('button', { name: /more/ }).click()
    expect(await page.locator('.timeline li').count()).toBe(31)
    await page.getByRole('button', { name: 'Show fewer' }).click()
    expect(await page.locator('.timeline li').count()).toBe(12)
  })

  test('follows its log as it is written, and goes back to its beginning', async () => {
    const { page, app } = stage
    const { id } = await app.backbeat.enqueue(app.tasks.chatter, { lines: 450 })
    await stage.open(`/jobs/${id}`)
    const log = page.getByRole('log')
    const lines = log.locator('.log-line')
    await log.getByText('Line 450', { exact: true }).waitFor()
    expect(await lines.count()).toBe(200)
    app.gate.open()
    await log.getByText('After the gate').waitFor()
    const isAtEnd = () =>
      log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 24)
    await expect.poll(isAtEnd, PATIENT).toBe(true)
    const earlier = page.getByRole('button', { name: 'Show earlier lines' })
    await earlier.click()
    await expect.poll(() => lines.count(), PATIENT).toBe(401)
    await earlier.click()
    await log.getByText('Line 1', { exact: true }).waitFor()
    expect(await lines.count()).toBe(451)
    expect(await earlier.count()).toBe(0)
    await page.getByRole('button', { name: 'To the newest line' }).click()
    await expect.poll(isAtEnd, PATIENT).toBe(true)
  })

  test('is copied as TypeScript and as curl', async () => {
    const { page, app } = stage
    const { id } = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app.origin })
    await stage.open(`/jobs/${id}`)
    await page.getByRole('button', { name: 'Copy as TypeScript' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`client.trigger("demo.echo"`)
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('/api/v1/demo/echo')
  })

  test('says in its retry dialog what it will do again and what was retried before, and where it came from', async () => {
    const { page, app } = stage
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome()
    await stage.open(`/jobs/${failed.id}`)
    const retry = page.getByRole('button', { name: 'Retry', exact: true })
    const retried: string[] = []
    for (const earlier of [0, 1]) {
      await stage.open(`/jobs/${failed.id}`)
      await retry.click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('"https://shop.example/a"').waitFor()
      expect(await dialog.locator('.kin-list li').count()).toBe(earlier)
      await dialog.getByRole('button', { name: 'Start a new job' }).click()
      await page.waitForURL((url) => !url.pathname.endsWith(failed.id))
      retried.push(new URL(page.url()).pathname.split('/').at(-1) ?? '')
      await stage.seesStatus('failed')
    }
    await page.locator('.lineage').getByText('Retried from').waitFor()
    await page.locator('.lineage a').click()
    await page.waitForURL((url) => url.pathname.endsWith(failed.id))
    const kin = page.locator('.lineage .kin-list a')
    await expect.poll(() => kin.count(), PATIENT).toBe(2)
    await kin.first().click()
    await page.waitForURL((url) => url.pathname.endsWith(retried[1] ?? ''))
  })

  test('names the schedule that it is of', async () => {
    const { page, app } = stage
    app.gate.open()
    const { id } = await app.backbeat.enqueue(
      app.tasks.report,
      { month: '2026-02' },
      { triggeredBy: 'scheduled:monthly' },
    )
    await stage.open(`/jobs/${id}`)
    await page.locator('.lineage').getByRole('link', { name: 'monthly' }).click()
    await page.waitForURL((url) => url.searchParams.get('filter') === 'by:scheduled:monthly')
    await page.locator(`[data-job="${id}"]`).waitFor()
  })

  test.each([390, 360])('fits a screen of %i pixels, whatever it has been through', async (width) => {
    const { page } = stage
    const { id } = await charge(14)
    await page.setViewportSize({ width, height: 844 })
    await stage.open(`/jobs/${id}`)
    await page.locator('.compare').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const cut = await page
      .locator('.timeline li, .attempts td, .compare > div, .facts dd')
      .evaluateAll((elements) =>
        elements.flatMap((element) =>
          element.getBoundingClientRect().right > document.documentElement.clientWidth ? [element.textContent] : [],
        ),
      )
    expect(cut).toEqual([])
    const key = page.locator('.facts dd', { hasText: 'customer-of-the-north' }).locator('.breakable')
    // Every line of the key ends where one of its parts does.
    const lines = await key.evaluate((element) => {
      const tops = new Map<number, string>()
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE) continue
        const range = document.createRange()
        range.selectNodeContents(node)
        for (const { top } of range.getClientRects()) tops.set(top, `${tops.get(top) ?? ''}${node.textContent}`)
      }
      return [...tops.values()]
    })
    expect(lines.join('')).toBe('payments.charge_customer:customer-of-the-north:order-4711-14')
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  test.each(['light', 'dark'] as const)('has nothing that shuts people out, in %s colours', async (colorScheme) => {
    const { page } = stage
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { id } = await charge(14)
    await stage.open(`/jobs/${id}`)
    await page.locator('.compare').waitFor()
    expect(await barriers(page)).toEqual([])
  })
})
