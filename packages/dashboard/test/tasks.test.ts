import { describe, expect, test } from 'vitest'
import { ShopApp } from './app.ts'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { PATIENT, Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('the tasks in a browser', () => {
  const stage = Stage.use()
  const input = async () => {
    const id = new URL(stage.page.url()).pathname.split('/').at(-1) ?? ''
    return (await (await stage.app.backbeat.open()).get(id)).input
  }
  const shown = (name: string) => stage.page.locator(`[data-task="${name}"]`)

  test('are listed, found by words that stay in the address, and opened', async () => {
    const { page, app } = stage
    app.gate.open()
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome()
    await stage.open('/tasks')
    await shown('demo.echo').waitFor()
    await page.getByLabel('Search tasks').fill('feed')
    await shown('demo.echo').waitFor({ state: 'detached' })
    await shown('catalog.product_import').waitFor()
    await page.reload()
    expect(await page.getByLabel('Search tasks').inputValue()).toBe('feed')
    await page.getByRole('link', { name: 'catalog.feed_check' }).click()
    await page.getByRole('heading', { level: 1, name: 'catalog.feed_check' }).waitFor()
    await page.locator(`.recent [data-job="${failed.id}"]`).getByText('answered 503').waitFor()
    await page.goBack()
    await page.getByLabel('Search tasks').fill('no such')
    await page.getByText('No task matches').waitFor()
  })

  test('are drawn only as far as they are in sight, however many there are', async () => {
    const { page } = stage
    const large = await ShopApp.start({ moreTasks: 600 })
    await page.goto(stage.url('/tasks', large.origin))
    await shown('catalog.feed_check').waitFor()
    expect(await page.locator('[data-task]').count()).toBeLessThan(60)
    expect(Number(await page.getByRole('table').getAttribute('aria-rowcount'))).toBeGreaterThan(600)
    await expect
      .poll(async () => {
        await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
        return shown('reports.generate').count()
      }, PATIENT)
      .toBe(1)
    expect(await page.locator('[data-task]').count()).toBeLessThan(60)
    await large.close()
  })

  test('say what they take, what holds for their jobs, and how these do', async () => {
    const { page } = stage
    await stage.open('/tasks/catalog.price_change')
    const entry = (name: string) => page.locator('.outline li').filter({ has: page.getByText(name, { exact: true }) })
    expect(await entry('shop').textContent()).toContain('at least 2 characters, at most 40 characters')
    expect(await entry('rounding').textContent()).toContain('one of none, up, down · optional')
    expect(await entry('products[].sku').textContent()).toContain('text')
    expect(await entry('target').textContent()).toContain('kind: all or kind: category')
    await page.getByText('2 per key').waitFor()
    await page.getByText('100 in 1 m 00 s').waitFor()
    await page.getByText('p99').first().waitFor()
    await stage.open('/tasks/no.such')
    await page.getByText('There is no such task').waitFor()
  })

  test('are started with a form made from their schema, which goes to the job', async () => {
    const { page, app } = stage
    await stage.open('/tasks/catalog.price_change')
    await page.getByLabel('shop').fill('nord')
    await page.getByLabel('percent').fill('-2.5')
    await page.getByLabel('rounding').selectOption('up')
    await page.getByLabel('dryRun').check()
    await page
      .getByRole('button', { name: 'Give products' })
      .or(page.getByRole('button', { name: 'Add to products' }))
      .click()
    await page.getByLabel('sku').fill('SHOE-1')
    await page.getByRole('button', { name: 'Add to products' }).click()
    await page.getByLabel('sku').nth(1).fill('SHOE-2')
    await page.getByLabel('floor').nth(1).fill('9,5')
    await page.getByRole('button', { name: 'Remove products 1' }).click()
    expect(await page.getByLabel('sku').inputValue()).toBe('SHOE-2')
    await page.getByLabel('Kind of target').selectOption('kind: category')
    await page.getByRole('textbox', { name: 'category' }).fill('shoes')
    await page.getByLabel('deep').selectOption('yes')
    await page.getByRole('button', { name: 'Give labels' }).click()
    await page.getByLabel('New key of labels').fill('reason')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'reason' }).fill('season')
    await page.getByLabel('extra').fill('{"by": ["ana"]}')
    await page.getByText('Queue, priority and delay').click()
    await page.getByLabel('Priority').fill('7')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.waitForURL((url) => url.pathname.includes('/jobs/'))
    await stage.seesStatus('running')
    expect(await input()).toEqual({
      shop: 'nord',
      percent: -2.5,
      rounding: 'up',
      dryRun: true,
      products: [{ sku: 'SHOE-2', floor: 9.5 }],
      target: { kind: 'category', category: 'shoes', deep: true },
      labels: { reason: 'season' },
      extra: { by: ['ana'] },
    })
    const client = await app.backbeat.open()
    expect((await client.list({}, { limit: 1 })).entries[0]).toMatchObject({ priority: 7, triggeredBy: 'manual:ana' })
  })

  test('tell beside each field what is missing, and what the server refuses', async () => {
    const { page, app } = stage
    await stage.open('/tasks/catalog.price_change')
    const submit = page.getByRole('button', { name: 'Start', exact: true })
    await page.getByLabel('percent').fill('many')
    await submit.click()
    const problem = (name: string) =>
      page
        .locator('.mantine-InputWrapper-root')
        .filter({ has: page.getByLabel(name) })
        .locator('.mantine-InputWrapper-error')
    await expect.poll(() => problem('shop').textContent(), PATIENT).toBe('Needs a value.')
    expect(await problem('percent').textContent()).toBe('This is not a number.')
    expect(await page.getByLabel('shop').evaluate((element) => element === document.activeElement)).toBe(true)
    await page.getByLabel('shop').fill('n')
    await page.getByLabel('percent').fill('99')
    await page.getByRole('button', { name: 'Add to products' }).click()
    await page.getByLabel('sku').fill('shoe')
    await submit.click()
    await expect.poll(() => problem('shop').textContent(), PATIENT).toContain('2')
    expect(await problem('percent').textContent()).toContain('50')
    expect(await problem('sku').textContent()).toBe('is not a SKU such as SHOE-1')
    await page.getByRole('alert').getByText('Nothing was started').waitFor()
    await page.getByText('Queue, priority and delay').click()
    await page.getByLabel('shop').fill('nord')
    await page.getByLabel('percent').fill('9')
    await page.getByLabel('sku').fill('SHOE-1')
    await page.getByLabel('Delay').fill('soon')
    await submit.click()
    await expect.poll(() => problem('Delay').textContent(), PATIENT).toContain('is not a length of time')
    const client = await app.backbeat.open()
    expect((await client.list({}, { limit: 1 })).entries).toEqual([])
    await page.getByLabel('Delay').fill('1h')
    await submit.click()
    await stage.seesStatus('pending')
    await page.goBack()
    await page.getByLabel('shop').fill('nord')
    await page.getByLabel('percent').fill('9')
    await submit.click()
    await page.getByRole('link', { name: 'Open that job' }).click()
    await stage.seesStatus('pending')
  })

  test('take their input as JSON too, and only show as a form what fits it', async () => {
    const { page } = stage
    await stage.open('/tasks/catalog.price_change')
    await page.getByLabel('shop').fill('nord')
    await page.getByText('JSON', { exact: true }).click()
    const json = page.getByLabel('Input as JSON')
    expect(JSON.parse(await json.inputValue())).toMatchObject({ shop: 'nord', rounding: 'none' })
    await json.fill('{"shop": "sued", "percent": "much"}')
    await page.getByText('Form', { exact: true }).click()
    await page.getByText('This does not fit the form').waitFor()
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('alert').getByText('Nothing was started').waitFor()
    await page.locator('.mantine-InputWrapper-error', { hasText: /percent: .*dryRun: / }).waitFor()
    await json.fill(
      '{"shop": "sued", "percent": 4, "dryRun": true, "target": {"kind": "category", "category": "hats"}}',
    )
    await page.getByText('Form', { exact: true }).click()
    expect(await page.getByRole('textbox', { name: 'category' }).inputValue()).toBe('hats')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.waitForURL((url) => url.pathname.includes('/jobs/'))
    expect(await input()).toMatchObject({ shop: 'sued', target: { kind: 'category', category: 'hats' } })
  })

  test('show a viewer no form', async () => {
    await stage.openAs('vera', '/tasks/catalog.price_change')
    await stage.page.locator('.outline').waitFor()
    expect(await stage.page.getByRole('button', { name: 'Start', exact: true }).count()).toBe(0)
    expect(await stage.page.locator('form').count()).toBe(0)
  })

  test.each(['light', 'dark'] as const)('have nothing that shuts people out, in %s colours', async (colorScheme) => {
    const { page, app } = stage
    app.gate.open()
    await (await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })).outcome()
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await stage.open('/tasks')
    await shown('demo.echo').waitFor()
    expect(await barriers(page)).toEqual([])
    await stage.open('/tasks/catalog.price_change')
    await page.getByRole('button', { name: 'Add to products' }).click()
    await page.getByRole('button', { name: 'Give labels' }).click()
    await page.getByText('Queue, priority and delay').click()
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByText('Needs a value.').first().waitFor()
    expect(await barriers(page)).toEqual([])
  })
})
