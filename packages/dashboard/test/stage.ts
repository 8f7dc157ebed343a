import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { PASSWORD, ShopApp } from './app.ts'
import { Browser } from './browser.ts'

/** For what takes several answers. */
export const PATIENT = { timeout: 10_000 }

/** A fresh shop and a page for each test of a file, in one browser. */
export class Stage {
  app!: ShopApp
  page!: Page
  #browser!: Browser

  /** Sets it up for the tests around. */
  static use(): Stage {
    const stage = new Stage()
    beforeAll(async () => {
      stage.#browser = await Browser.open()
    })
    afterAll(() => stage.#browser?.close())
    beforeEach(async () => {
      stage.app = await ShopApp.start()
      stage.page = await stage.#browser.context.newPage()
      stage.page.setDefaultTimeout(10_000)
    })
    afterEach(async () => {
      await stage.page.evaluate(() => localStorage.clear()).catch(() => {})
      await stage.page.close()
      await stage.#browser.context.clearCookies()
      await stage.app.close()
    })
    return stage
  }

  /** Where a screen is. */
  url(screen: string, origin = this.app.origin): string {
    return `${origin}/admin/background-tasks${screen}`
  }

  /** Opens a screen as the developer, who needs no password. */
  async open(screen: string): Promise<void> {
    await this.page.goto(this.url(screen))
  }

  /** Opens a screen where nobody is known, and signs in. */
  async openAs(name: string, screen: string, password = PASSWORD): Promise<void> {
    await this.page.goto(this.url(screen, this.app.closedOrigin))
    await this.signIn(name, password)
  }

  async signIn(name: string, password = PASSWORD): Promise<void> {
    await this.page.getByLabel('Name').fill(name)
    await this.page.getByLabel('Password', { exact: true }).fill(password)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** How the API answers the page itself, with the session that it has. */
  async statusOf(path: string, method = 'GET', body?: object): Promise<number> {
    return this.page.evaluate(
      async ({ path, method, body }) => {
        const init = { method, headers: { 'content-type': 'application/json' } }
        const response = await fetch(`/api/v1${path}`, { ...init, ...(body && { body: JSON.stringify(body) }) })
        return response.status
      },
      { path, method, body },
    )
  }

  /** Waits until the job that is shown is in a state. */
  async seesStatus(status: string): Promise<void> {
    await this.page.locator('main').locator(`.status[data-status="${status}"]`).first().waitFor()
  }

  /** Whether the screen can be scrolled sideways, or something of it lies beyond its edge. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  }
}
