import { describe, expect, test } from 'vitest'
import { PASSWORD } from './app.ts'
import { barriers } from './barriers.ts'
import { chromiumPath } from './browser.ts'
import { Stage } from './stage.ts'

const NEXT_PASSWORD = 'quite another password'

describe.skipIf(chromiumPath === undefined)('administering in the dashboard', () => {
  const stage = Stage.use()
  const row = (name: string | RegExp) => stage.page.getByRole('row', { name })
  const told = (text: string | RegExp) => stage.page.getByText(text).first().waitFor()
  const button = (name: string) => stage.page.getByRole('button', { name, exact: true })
  const dialog = () => stage.page.getByRole('dialog')

  test('adds a user, who signs in and finds no door to administration', async () => {
    const { page } = stage
    await stage.openAs('ada', '/users')
    await button('Add a user').click()
    await dialog().getByLabel('Name').fill('nina')
    await dialog().getByLabel('Operator').check()
    await dialog().getByRole('button', { name: 'Make one up' }).click()
    const password = await dialog().getByLabel('Password').inputValue()
    await dialog().getByRole('button', { name: 'Add a user' }).click()
    await told('nina may sign in now.')
    await row(/nina/).getByText('Operator').waitFor()

    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await stage.signIn('nina', password)
    await told('You may not see this')
    await told('background_tasks.admin')
    const links = await page.getByRole('navigation').getByRole('link').allTextContents()
    expect(links).toContain('Settings')
    expect(links).not.toContain('Users')
    for (const screen of ['/tokens', '/audit-log']) {
      await page.goto(`${stage.app.closedOrigin}/admin/background-tasks${screen}`)
      await told('You may not see this')
    }
    for (const path of ['/admin/users', '/admin/tokens', '/admin/audit-log']) {
      expect([path, await stage.statusOf(path)]).toEqual([path, 403])
    }
    expect(await stage.statusOf('/admin/users', 'POST', { name: 'x', role: 'admin', password })).toBe(403)
  })

  test('says what is wrong with a new user, and keeps what was typed', async () => {
    await stage.open('/users')
    await button('Add a user').click()
    await dialog().getByLabel('Name').fill('vera')
    await dialog().getByLabel('Password').fill(PASSWORD)
    await dialog().getByRole('button', { name: 'Add a user' }).click()
    await told('There is a user vera already.')
    expect(await dialog().getByLabel('Name').inputValue()).toBe('vera')
  })

  test('changes a role, resets a password, disables and enables', async () => {
    await stage.open('/users')
    await row(/vera/).getByRole('button', { name: 'Change role' }).click()
    await dialog().getByLabel('Operator').check()
    await dialog().getByRole('button', { name: 'Change the role' }).click()
    await row(/vera/).getByText('Operator').waitFor()
    await row(/vera/).getByRole('button', { name: 'Disable' }).click()
    await dialog().getByRole('button', { name: 'Disable' }).click()
    await row(/vera/).getByText('Disabled').waitFor()
    await row(/vera/).getByRole('button', { name: 'Enable' }).click()
    await row(/vera/).getByText('Active').waitFor()
    await row(/vera/).getByRole('button', { name: 'Reset password' }).click()
    await dialog().getByLabel('Password').fill(NEXT_PASSWORD)
    await dialog().getByRole('button', { name: 'Set the password' }).click()
    await told('vera has another password now.')
    await stage.openAs('vera', '/workers', NEXT_PASSWORD)
    await button('Quiet').first().waitFor()
  })

  test('does not take the last administrator away', async () => {
    await stage.open('/users')
    await row(/ada/).getByRole('button', { name: 'Disable' }).click()
    await dialog().getByRole('button', { name: 'Disable' }).click()
    await told('ada is the last administrator.')
  })

  test('makes a token whose secret is shown once, is of use, and is revoked', async () => {
    const { page } = stage
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stage.app.origin })
    await stage.open('/tokens')
    await told('There are no tokens')
    await button('Make a token').first().click()
    await dialog().getByLabel('Name').fill('ci-deploy')
    await dialog().getByLabel('Tasks').fill('catalog.*')
    await dialog().getByLabel('Tasks').press('Enter')
    await dialog().getByRole('button', { name: 'Make a token' }).click()
    const secret = (await page.locator('[data-secret]').textContent())?.trim() ?? ''
    await button('Copy the token').click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret)
    await button('I have kept it').click()
    await row(/ci-deploy/)
      .getByText('catalog.*')
      .waitFor()
    expect(await page.content()).not.toContain(secret)

    const ask = () =>
      fetch(`${stage.app.closedOrigin}/api/v1/admin/background-tasks`, {
        headers: { authorization: `Bearer ${secret}` },
      })
    expect((await ask()).status).toBe(200)
    await page.reload()
    await row(/ci-deploy/)
      .getByText(/now|ago/)
      .first()
      .waitFor()
    expect(
      await row(/ci-deploy/)
        .getByText('never')
        .count(),
    ).toBe(0)
    await row(/ci-deploy/)
      .getByRole('button', { name: 'Revoke' })
      .click()
    await dialog().getByRole('button', { name: 'Revoke' }).click()
    await row(/ci-deploy/)
      .getByText('Revoked')
      .waitFor()
    expect((await ask()).status).toBe(401)
  })

  test('shows who changed what, from what to what, narrowed down in the address', async () => {
    const { page, app } = stage
    await app.backbeat.enqueue(app.tasks.later, { order: 1 }, { runAt: new Date(Date.now() + 3_600_000) })
    await stage.open('/queues')
    await row(/mail/).getByRole('button', { name: 'Pause' }).click()
    await row(/mail/).getByText('Paused').waitFor()
    await stage.open('/audit-log')
    const entry = row(/Paused a queue/)
    await entry.getByText('manual:ana').waitFor()
    await entry.locator('del').getByText('false').waitFor()
    await entry.locator('ins').getByText('true').waitFor()
    await row(/Added a user/)
      .first()
      .waitFor()
    await entry.getByRole('button', { name: 'queue:mail' }).click()
    await page.waitForURL((url) => url.searchParams.get('subject') === 'queue:mail')
    await row(/Added a user/)
      .first()
      .waitFor({ state: 'detached' })
    await page.reload()
    await entry.waitFor()
    await page.getByRole('search').getByLabel('Who').fill('manual:nobody')
    await button('Filter').click()
    await told('No entry matches')
    await button('Clear the filter').first().click()
    await row(/Added a user/)
      .first()
      .waitFor()
  })

  test('pages through a long audit log', async () => {
    const { app } = stage
    const { users } = await app.backbeat.openAccess()
    for (let index = 0; index < 60; index += 1) {
      await users.change('otto', { role: 'operator' }, { name: 'cli:test', requestId: null, address: null })
    }
    await stage.open('/audit-log?action=user.change')
    await row(/Changed a user/)
      .first()
      .waitFor()
    expect(await row(/Changed a user/).count()).toBe(50)
    await button('Show older entries').click()
    await expect.poll(() => row(/Changed a user/).count(), { timeout: 10_000 }).toBe(60)
    await button('Show older entries').waitFor({ state: 'detached' })
  })

  test('lets people change their own password, and shows what the server runs with', async () => {
    const { page } = stage
    await stage.openAs('vera', '/settings')
    await told('Jobs at the same time')
    await told('worker.lease')
    await page.getByLabel('Your password now').fill('wrong, and long enough')
    await page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD)
    await page.getByLabel('New password again').fill('something else')
    await told('These are not the same.')
    await page.getByLabel('New password again').fill(NEXT_PASSWORD)
    await button('Change the password').click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Your password now').fill(PASSWORD)
    await button('Change the password').click()
    await told('Your password is changed.')
    await button('Sign out').click()
    await stage.signIn('vera', NEXT_PASSWORD)
    await told('You are signed in with a password.')
  })

  test('keeps the language and colours that were chosen', async () => {
    const { page } = stage
    await stage.open('/settings')
    await page.getByText('Dark', { exact: true }).click()
    await page.getByText('Deutsch').click()
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark')
    expect(await page.locator('html').getAttribute('lang')).toBe('de')
    await page.evaluate(() => localStorage.clear())
  })

  test.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('shuts nobody out, in %s colours and %i pixels', async (colorScheme, width) => {
    const { page } = stage
    const { tokens } = await stage.app.backbeat.openAccess()
    const actor = { name: 'cli:test', requestId: null, address: null }
    await tokens.create({ name: 'ci', permission: null, tasks: ['catalog.*'], expires: '90d' }, actor)
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const screen of ['/users', '/tokens', '/audit-log', '/settings']) {
      await stage.open(screen)
      await page.locator('main .data, main .cards, main .settings').first().waitFor()
      expect([screen, await barriers(page)]).toEqual([screen, []])
      expect([screen, await stage.overflow()]).toEqual([screen, 0])
    }
    for (const [screen, name] of [
      ['/users', 'Add a user'],
      ['/users', 'Reset password'],
      ['/tokens', 'Make a token'],
      ['/tokens', 'Revoke'],
    ] as const) {
      await stage.open(screen)
      await button(name).first().click()
      await dialog().waitFor()
      expect([screen, name, await barriers(page)]).toEqual([screen, name, []])
    }
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})
