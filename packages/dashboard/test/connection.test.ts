import { describe, expect, test } from 'vitest'
import { ShopApp } from './app.ts'
import { chromiumPath } from './browser.ts'
import { Stage } from './stage.ts'

/** For what is asked for every three seconds. */
const PATIENT = { timeout: 20_000 }

describe.skipIf(chromiumPath === undefined)('the connection of the dashboard', () => {
  const stage = Stage.use()
  const mode = (name: string) => stage.page.locator(`.connection[data-mode="${name}"]`).waitFor(PATIENT)
  const figure = (name: string) => stage.page.locator(`[data-figure="${name}"] dd`).first()

  test('is lost with its server: what was seen stays, with how old it is, and is made good after', async () => {
    const { page } = stage
    stage.app.gate.open()
    await stage.open('/')
    await mode('live')
    await (await stage.app.backbeat.enqueue(stage.app.tasks.echo, { text: 'before' })).outcome()
    await expect.poll(() => figure('completed').textContent(), PATIENT).toBe('1')
    const place = await stage.app.disconnect()
    await page.getByRole('alert').getByText('The server does not answer').waitFor(PATIENT)
    await page
      .getByRole('alert')
      .getByText(/Last heard of at \d\d:\d\d:\d\d/)
      .waitFor()
    expect(await figure('completed').textContent()).toBe('1')
    stage.app = await ShopApp.start(place)
    await (await stage.app.backbeat.enqueue(stage.app.tasks.echo, { text: 'after' })).outcome()
    await page.getByRole('alert').waitFor({ state: 'detached', ...PATIENT })
    await mode('live')
    await expect.poll(() => figure('completed').textContent(), PATIENT).toBe('2')
  })

  test('asks every three seconds where events do not get through, and says so', async () => {
    const { app, page } = stage
    app.gate.open()
    await page.route(/\/events(\?|$)/, (route) => route.abort())
    await stage.open('/jobs')
    await mode('polling')
    const { id } = await app.backbeat.enqueue(app.tasks.echo, { text: 'hello' })
    await page.locator(`[data-job="${id}"] [data-status="completed"]`).waitFor(PATIENT)
    await page.unroute(/\/events(\?|$)/)
    await mode('live')
  })

  test('goes on after a job whose events were missed', async () => {
    const { app, page } = stage
    await stage.open('/jobs')
    await mode('live')
    const { id } = await app.backbeat.enqueue(app.tasks.report, { month: '2026-01' })
    await page.locator(`[data-job="${id}"] [data-status="running"]`).waitFor()
    await page.route(/\/events(\?|$)/, (route) => route.abort())
    app.dropConnections()
    await mode('polling')
    app.gate.open()
    await page.unroute(/\/events(\?|$)/)
    await mode('live')
    await page.locator(`[data-job="${id}"] [data-status="completed"]`).waitFor(PATIENT)
  })

  test('is let go while nobody looks, and goes on where it was', async () => {
    const { app, page } = stage
    const look = (isHidden: boolean) =>
      page.evaluate((isHidden) => {
        Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, isHidden)
    await stage.open('/jobs')
    await mode('live')
    const { id } = await app.backbeat.enqueue(app.tasks.report, { month: '2026-01' })
    await page.locator(`[data-job="${id}"] [data-status="running"]`).waitFor()
    await look(true)
    await mode('connected')
    const asked = page.waitForRequest((request) => /\/events(\?|$)/.test(request.url()))
    app.gate.open()
    await look(false)
    expect((await asked).headers()['last-event-id']).toMatch(/\S/)
    await mode('live')
    await page.locator(`[data-job="${id}"] [data-status="completed"]`).waitFor(PATIENT)
  })
})
