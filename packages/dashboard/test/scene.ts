import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { ShopApp } from './app.ts'
import { Browser } from './browser.ts'

/** For what takes several answers. */
export const PATIENT = { timeout: 10_000 }

/** A shop and a page of a browser that looks at it, anew for each test. */
export class Scene {
  app!: ShopApp
  page!: Page
  #browser!: Browser

  /** To be called where tests are described. */
  constructor() {
    beforeAll(async () => {
      this.#browser = await Browser.open()
    })
    afterAll(() => this.#browser?.close())
    beforeEach(async () => {
      this.app = await ShopApp.start()
      this.page = await this.#browser.context.newPage()
      this.page.setDefaultTimeout(10_000)
    })
    afterEach(async () => {
      await this.page.evaluate(() => localStorage.clear()).catch(() => {})
      await this.page.close()
      await this.#browser.context.clearCookies()
      await this.app.close()
    })
  }

  /** Where a screen is. */
  url(screen: string, origin = this.app.origin): string {
    return `${origin}/admin/background-tasks${screen}`
  }

  open(screen: string) {
    return this.page.goto(this.url(screen))
  }

  /** Enters as somebody who signs in, at once on a screen. */
  async signIn(screen: string, name: string, password: string): Promise<void> {
    const { page } = this
    await page.goto(this.url(screen, this.app.closedOrigin))
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Waits until the job that is shown is in a state. */
  async seesStatus(status: string): Promise<void> {
    await this.page.locator('main').locator(`.status[data-status="${status}"]`).first().waitFor()
  }
}
