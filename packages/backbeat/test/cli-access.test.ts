import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { createApp } from './fixtures/app.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const APP = fileURLToPath(new URL('./fixtures/cli-app.ts', import.meta.url))
const PASSWORD = 'correct horse battery'

const folder = mkdtempSync(join(tmpdir(), 'backbeat-cli-'))
const store = `sqlite:${join(folder, 'jobs.db')}`
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(args: string[], input = '') {
  const flags = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, MAIN, ...args, '--app', APP], {
    env: { ...process.env, BACKBEAT_TEST_STORE: store },
  })
  child.stdin.end(input)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code }
}

describe('the first administrator', () => {
  test('is made from the shell, with a password that is piped in, and may sign in', async () => {
    expect(await run(['users', 'add', 'Ana', '--role', 'admin'], `${PASSWORD}\n`)).toMatchObject({
      code: 0,
      out: 'ana may sign in now, as admin.\n',
    })
    const backbeat = createApp(store)
    const response = await backbeat.fetch(
      new Request('http://localhost/api/v1/admin/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'ana', password: PASSWORD }),
      }),
    )
    expect(response.status).toBe(201)
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
    const log = await backbeat.fetch(
      new Request('http://localhost/api/v1/admin/audit-log?action=user.create', { headers: { cookie } }),
    )
    expect(((await log.json()) as { items: object[] }).items).toMatchObject([
      { actor: expect.stringMatching(/^cli:/), subject: 'user:ana', after: { role: 'admin' } },
    ])
    await backbeat.close()
  })

  test('is listed, and cannot be disabled while there is no other', async () => {
    const { out } = await run(['users', 'list'])
    expect(out).toMatch(/^NAME +ROLE +CREATED +DISABLED\nana +admin +\d{4}-\d\d-\d\dT\S+ +-\n$/)
    expect(await run(['users', 'disable', 'ana'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('[last_admin]'),
    })
  })

  test.each([
    [['users', 'add', 'ben'], '', 'no_password'],
    [['users', 'add', 'ben'], 'short\n', 'invalid_password'],
    [['users', 'add', 'ben', '--role', 'owner'], `${PASSWORD}\n`, 'Allowed choices are viewer, operator, admin'],
    [['users', 'disable', 'nobody'], '', 'unknown_user'],
  ])('%j is refused', async (args, input, named) => {
    const { code, err } = await run(args, input)
    expect(code).toBe(1)
    expect(err).toContain(named)
  })
})

test('tokens are created, listed and revoked', async () => {
  const created = await run(['tokens', 'create', 'ci', '--role', 'operator', '--tasks', 'demo.*', '--expires', '90d'])
  expect(created.out).toMatch(/^bb_[0-9a-f]{64}_[0-9a-f]{8}\n$/)
  const { out } = await run(['tokens', 'list'])
  expect(out).toMatch(/\nci +background_tasks.manage +demo\.\* +\S+Z +- +-\n$/)
  expect(out).not.toContain(created.out.slice(3, 40))
  expect((await run(['tokens', 'revoke', 'ci'])).out).toContain('of no use any more')
  expect((await run(['tokens', 'revoke', 'ci'])).err).toContain('[already_revoked]')
  expect((await run(['tokens', 'create', 'bad', '--tasks', 'Demo'])).err).toContain('[invalid_task_pattern]')
})
