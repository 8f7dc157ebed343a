import { describe, expect, test } from 'vitest'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { Stage } from './stage.ts'

describe.skipIf(chromiumPath === undefined)('the dashboard by keyboard', () => {
  const stage = Stage.use()
  const press = (key: string) => stage.page.keyboard.press(key)
  const active = () => stage.page.locator('[data-active="true"]').getAttribute('data-job')
  const dialog = () => stage.page.getByRole('dialog')
  const checked = () => stage.page.locator('[data-job] input:checked').count()

  test('goes to pages by their names, and offers only those that may be opened', async () => {
    const { page } = stage
    await stage.open('/jobs')
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
    await press('Control+k')
    await page.keyboard.type('wor')
    expect(await barriers(page)).toEqual([])
    await press('Enter')
    await page.getByRole('heading', { name: 'Workers' }).waitFor()
    await press('Meta+k')
    await page.getByRole('option', { name: 'API tokens' }).waitFor()
    await press('ArrowUp')
    await press('Enter')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()

    await stage.openAs('vera', '/jobs')
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
    await press('Control+k')
    await page.getByRole('option', { name: 'Settings' }).waitFor()
    expect(await page.getByRole('option', { name: 'API tokens' }).count()).toBe(0)
  })

  test('finds jobs by words, and one by its id', async () => {
    const { app, page } = stage
    const { id } = await app.backbeat.enqueue(app.tasks.later, { order: 1 }, { delay: '1h' })
    await stage.open('/')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await press('Control+k')
    await page.keyboard.type('receipt')
    await press('Enter')
    await page.locator(`[data-job="${id}"]`).waitFor()
    await press('Control+k')
    await page.keyboard.type(id)
    await page.getByRole('option', { name: `Open job ${id}` }).waitFor()
    await press('Enter')
    await page.waitForURL((url) => url.pathname.endsWith(id))
  })

  test('moves among rows, selects them, and asks before it retries or cancels', async () => {
    const { app, page } = stage
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome()
    const later = await app.backbeat.enqueue(app.tasks.later, { order: 1 }, { delay: '1h' })
    await stage.open('/jobs')
    await page.locator(`[data-job="${failed.id}"]`).waitFor()
    await press('j')
    expect(await active()).toBe(later.id)
    await press('j')
    expect(await active()).toBe(failed.id)
    await press('k')
    await press('x')
    expect([await active(), await checked()]).toEqual([later.id, 1])
    await press('r')
    await dialog().getByText('None of these can be retried').waitFor()
    await press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await press('c')
    await dialog().getByRole('button', { name: 'Cancel 1 job' }).click()
    await dialog().getByText('1 job was cancelled.').waitFor()
    await press('Escape')
    await page.locator(`[data-job="${later.id}"] [data-status="cancelled"]`).waitFor()
    await press('j')
    await press('Enter')
    await page.waitForURL((url) => url.pathname.endsWith(failed.id))
  })

  test('writes a filter, and takes no letter of it for a command', async () => {
    const { page } = stage
    await stage.open('/jobs')
    await page.getByText('Nothing has run yet').waitFor()
    await press('/')
    await page.keyboard.type('rock?x')
    expect(await page.getByLabel('Filter jobs').inputValue()).toBe('rock?x')
    expect(await dialog().count()).toBe(0)
  })

  test('says which keys there are', async () => {
    await stage.open('/queues')
    await stage.page.getByRole('heading', { name: 'Queues' }).waitFor()
    await press('?')
    await dialog().getByText('Write a filter').waitFor()
    expect(await barriers(stage.page)).toEqual([])
  })

  test('has the number typed before it cancels many', async () => {
    const { app, page } = stage
    const inputs = Array.from({ length: 12 }, (_, order) => ({ order }))
    await app.backbeat.enqueueMany(app.tasks.later, inputs, { delay: '1h' })
    await stage.open('/jobs?filter=queue%3Amail')
    await page.locator('[data-job]').first().waitFor()
    await page.getByRole('button', { name: 'All that match' }).click()
    await page.getByRole('menuitem', { name: 'Cancel all that match' }).click()
    const submit = dialog().getByRole('button', { name: 'Cancel 12 jobs' })
    await dialog().getByLabel('Type 12 to confirm').fill('11')
    expect(await submit.isDisabled()).toBe(true)
    await dialog().getByLabel('Type 12 to confirm').fill('12')
    await submit.click()
    await dialog().getByText('12 jobs were cancelled.').waitFor()
  })
})
