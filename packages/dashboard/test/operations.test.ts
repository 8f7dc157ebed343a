import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { Stage } from './stage.ts'

/** For what a worker obeys, or a database refuses, within seconds. */
const PATIENT = { timeout: 20_000 }

describe.skipIf(chromiumPath === undefined)('operating in the dashboard', () => {
  const stage = Stage.use()
  const row = (name: string | RegExp) => stage.page.getByRole('row', { name })
  const told = (text: string | RegExp) => stage.page.getByText(text).first().waitFor(PATIENT)
  const button = (name: string) => stage.page.getByRole('button', { name, exact: true })
  const dialog = () => stage.page.getByRole('dialog')
  const figure = (name: string) => stage.page.locator(`[data-figure="${name}"] dd`).first()
  const live = () => stage.page.locator('.connection[data-mode="live"]').waitFor()
  const inAnHour = () => ({ runAt: new Date(Date.now() + 3_600_000) })

  describe('the overview', () => {
    test('says that nothing has run, and counts what ends as it ends', async () => {
      const { app } = stage
      await stage.open('/')
      await told('Nothing has run yet')
      await told('Nothing: queues are served')
      await live()
      app.gate.open()
      for (let index = 0; index < 3; index += 1) await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
      await expect.poll(() => figure('completed').textContent(), PATIENT).toBe('3')
      await stage.page.locator('.chart [title*="3 completed"]').waitFor()
    })

    test('counts as waiting what the list of jobs does, and says when it is due', async () => {
      const { app, page } = stage
      await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
      await stage.open('/')
      await expect.poll(() => figure('waiting').textContent(), PATIENT).toBe('1')
      await told('0 due, 1 later')
      await page.locator('[data-figure="waiting"] a').click()
      await page.locator('.tile', { hasText: 'Waiting' }).locator('b', { hasText: '1' }).waitFor()
      await page.locator('[data-job]').waitFor()
      expect(await page.locator('[data-job]').count()).toBe(1)
    })

    test('names what failed with the way to it, and does not say that nothing needs anybody', async () => {
      const { app, page } = stage
      const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
      await failed.outcome()
      await stage.open('/')
      await told('1 job failed within 24 hours.')
      expect(await page.getByText('Nothing: queues are served').count()).toBe(0)
      await page.locator('.problems').getByRole('link', { name: 'Errors' }).click()
      await told('answered 503')
    })

    test('opens a paused queue again where it names it', async () => {
      const { app, page } = stage
      await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
      const client = await app.backbeat.open()
      await client.pauseQueue('mail')
      await stage.open('/')
      await told('mail is paused: 1 job waits.')
      await page.locator('.problems').getByRole('button', { name: 'Resume' }).click()
      await told('Nothing: queues are served')
    })
  })

  describe('workers', () => {
    test('run as many jobs as they are told to, which the audit log keeps', async () => {
      const { app } = stage
      for (const month of ['1', '2', '3', '4', '5']) await app.backbeat.enqueue(app.tasks.report, { month })
      await stage.open('/workers')
      await row(/3 \/ 3/)
        .getByText('reports.generate')
        .first()
        .waitFor()
      await button('Resize').click()
      await dialog().getByLabel('Slots').fill('5')
      await dialog().getByRole('button', { name: 'Resize' }).click()
      await told('5 jobs at the same time from now on')
      await row(/5 \/ 5/).waitFor(PATIENT)
      await button('Resize').click()
      await dialog().getByRole('button', { name: 'As it was started' }).click()
      await dialog().getByRole('button', { name: 'Resize' }).click()
      await row(/3 \/ 3/).waitFor(PATIENT)
      app.gate.open()
      await row(/0 \/ 3/).waitFor(PATIENT)
      await stage.open('/audit-log?action=worker.resize')
      await row(/Resized a worker/)
        .last()
        .getByText('5', { exact: true })
        .waitFor()
      await row(/Resized a worker/)
        .first()
        .locator('del')
        .getByText('5')
        .waitFor()
    })

    test('are quieted, resumed and stopped, after which it is said that nobody works', async () => {
      const { app, page } = stage
      await stage.open('/workers')
      await button('Quiet').click()
      await row(/Quiet/).waitFor(PATIENT)
      await button('Resume').waitFor(PATIENT)
      await button('Resume').click()
      await row(/Running/).waitFor(PATIENT)
      await button('Stop').click()
      await told('Nothing here starts it again.')
      await dialog().getByRole('button', { name: 'Stop' }).click()
      await told('No worker is running')
      await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
      await page.getByRole('link', { name: 'Overview' }).click()
      await told('No worker is running, and 1 job waits.')
    })
  })

  test('queues say how many of their jobs end in a minute', async () => {
    const { app, page } = stage
    app.gate.open()
    for (let index = 0; index < 30; index += 1) await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
    await stage.open('/queues')
    await row(/mail/).waitFor()
    const place = await page.getByRole('columnheader').allTextContents()
    const rate = (queue: RegExp) => row(queue).getByRole('cell').nth(place.indexOf('Ended per minute'))
    // Over five minutes and what has passed of this one.
    await expect.poll(() => rate(/default/).textContent(), PATIENT).toMatch(/^(5(\.\d)?|6)$/)
    expect(await rate(/mail/).textContent()).toBe('0')
  })

  test('queues are limited, paused, drained and resumed', async () => {
    const { app } = stage
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
    await stage.open('/queues')
    const mail = row(/mail/)
    await mail.getByRole('button', { name: 'Limit: none. Change it' }).click()
    await dialog().getByLabel('Limit').fill('2')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await told('mail runs 2 jobs at the same time at most.')
    await mail.getByRole('button', { name: 'Limit: 2. Change it' }).waitFor()
    await mail.getByRole('button', { name: 'Pause' }).hover()
    await stage.page.getByRole('tooltip').getByText('Starts none of its jobs until it is resumed.').waitFor()
    await mail.getByRole('button', { name: 'Pause' }).click()
    await told('mail is paused. Jobs that run are finished; none starts.')
    await mail.getByText('Paused').waitFor()
    await mail.getByRole('button', { name: 'Resume' }).click()
    await mail.getByText('Open').waitFor()
    await mail.getByRole('button', { name: 'Drain' }).click()
    await mail.getByText('Draining').waitFor()
    const newcomer = await app.backbeat.enqueue(app.tasks.later, { order: 2 })
    await mail.getByRole('cell', { name: '2', exact: true }).first().waitFor()
    expect((await newcomer.get()).status).toBe('pending')
    await mail.getByRole('button', { name: 'Resume' }).click()
    await mail.getByText('Open').waitFor()
    expect((await newcomer.outcome()).status).toBe('completed')
  })

  test('a viewer finds no button that changes anything, and is refused', async () => {
    const { app, page } = stage
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
    await stage.openAs('vera', '/queues')
    await row(/mail/).waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    await page.getByRole('link', { name: 'Workers' }).click()
    await row(/Running/).waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    const jobs = '/admin/background-tasks'
    expect(await stage.statusOf(`${jobs}/queues/mail/pause`, 'POST')).toBe(403)
    const [worker] = await (await app.backbeat.open()).workers()
    const name = encodeURIComponent(worker?.name ?? '')
    expect(await stage.statusOf(`${jobs}/workers/${name}/resize`, 'POST', { slots: 1 })).toBe(403)
  })

  test('says that it is the database that does not answer, and goes on when it does', async () => {
    const { app, page } = stage
    await stage.open('/workers')
    await told('The database answers')
    const other = new DatabaseSync(app.file)
    other.exec('BEGIN IMMEDIATE')
    await page.reload()
    const alert = page.getByRole('alert').filter({ hasText: 'The database does not answer' })
    await alert.waitFor(PATIENT)
    expect(await page.getByText('No worker is running').count()).toBe(0)
    other.exec('ROLLBACK')
    other.close()
    await alert.waitFor({ state: 'detached', ...PATIENT })
    await told('The database answers')
  })

  test.each([1440, 390, 360])('everything is within reach at %i pixels', async (width) => {
    const { app, page } = stage
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
    await app.backbeat.enqueue(app.tasks.report, { month: 'a' })
    await page.setViewportSize({ width, height: 800 })
    for (const screen of ['/', '/queues', '/workers']) {
      await stage.open(screen)
      await page.locator('main .data, main .cards, main .figures').first().waitFor()
      expect([screen, await stage.overflow()]).toEqual([screen, 0])
      for (const each of await page.locator('main').getByRole('button').all()) {
        await each.scrollIntoViewIfNeeded()
        const box = await each.boundingBox()
        expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true)
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  test.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('shuts nobody out, in %s colours and %i pixels', async (colorScheme, width) => {
    const { app, page } = stage
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, inAnHour())
    const failed = await app.backbeat.enqueue(app.tasks.feedCheck, { url: 'https://shop.example/a' })
    await failed.outcome()
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const screen of ['/', '/queues', '/workers']) {
      await stage.open(screen)
      await page.locator('main .data, main .cards, main .problems').first().waitFor()
      expect([screen, await barriers(page)]).toEqual([screen, []])
    }
    for (const [screen, name] of [
      ['/queues', /^Limit/],
      ['/workers', 'Resize'],
      ['/workers', 'Stop'],
    ] as const) {
      await stage.open(screen)
      await page.getByRole('button', { name }).first().click()
      await dialog().waitFor()
      expect([screen, name, await barriers(page)]).toEqual([screen, name, []])
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})
