import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { type BackbeatOptions, createBackbeat, task } from '../src/index.ts'
import { createTestBackbeat } from '../src/testing/index.ts'
import type { backbeat as CardApp, charge as Charge } from './fixtures/card-app.ts'

const SECRETS = {
  number: '4111111111111111',
  password: 'hunter2hunter2',
  iban: 'DE89370400440532013000',
}
const OTHERS = ['key-of-the-gateway', 'given-by-the-gateway']

const input = {
  card: { number: SECRETS.number, holder: 'Ana' },
  password: SECRETS.password,
  rows: [{ iban: SECRETS.iban, amount: 7 }],
}

function expectNoSecret(where: string, text: string): void {
  for (const secret of [...Object.values(SECRETS), ...OTHERS])
    expect([where, text.includes(secret)]).toEqual([where, false])
}

describe('a task whose input is sensitive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-redaction-'))
  let backbeat: typeof CardApp
  let charge: typeof Charge

  beforeAll(async () => {
    process.env.CARD_APP_STORE = `sqlite:${join(folder, 'jobs.db')}`
    ;({ backbeat, charge } = await import('./fixtures/card-app.ts'))
    await backbeat.startWorker()
  })
  afterAll(async () => {
    await backbeat.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const get = async (path: string) => {
    const headers = { authorization: 'Bearer a-token-for-tests' }
    const response = await backbeat.fetch(
      new Request(`http://localhost/api/v1/admin/background-tasks/${path}`, { headers }),
    )
    return response.text()
  }

  test('runs with what it was given, and nothing of it is stored or shown', async () => {
    const handle = await backbeat.enqueue(charge, input)
    const job = await handle.outcome()
    expect(job).toMatchObject({
      status: 'completed_with_warnings',
      input: {
        card: { number: '[redacted]', holder: 'Ana' },
        password: '[redacted]',
        rows: [{ iban: '[redacted]', amount: 7 }],
      },
      result: { digits: 16, holder: 'Ana', access_token: '[redacted]', list: ['[redacted]'] },
      warnings: expect.arrayContaining(['[redacted] expires soon']),
      progressMeta: { authorization: '[redacted]', iban: '[redacted]' },
      errors: [{ message: 'no account [redacted]', item: '7' }],
    })
    const logs = await get(`${job.id}/logs`)
    expect(JSON.parse(logs).items[0]).toMatchObject({
      message: 'charging [redacted]',
      fields: { card: { number: '[redacted]', holder: 'Ana' }, apiKey: '[redacted]', holder: 'Ana' },
    })
    for (const path of [job.id, `${job.id}/logs`, `${job.id}/items`, `${job.id}/attempts`, '']) {
      expectNoSecret(path, await get(path))
    }
  })

  test.each(['throw', 'crash'] as const)('leaves none of it in errors: %s', async (ending) => {
    const job = await (await backbeat.enqueue(charge, { ...input, ending })).outcome()
    expect(JSON.stringify(job)).toContain('[redacted]')
    expectNoSecret(ending, JSON.stringify(job))
    expectNoSecret(ending, await get(`${job.id}/attempts`))
    if (ending === 'throw') expect(job.errorMessage).toBe('declined: [redacted]')
    const retried = await (await backbeat.open()).retry(job.id, 'ana')
    expect(await retried.outcome()).toMatchObject({ status: job.status, retriedFromId: job.id })
  })

  test('has none of it in any file of the store, whose key is for its owner only', () => {
    const files = readdirSync(folder)
    expect(files).toContain('jobs.db.key')
    expect(statSync(join(folder, 'jobs.db.key')).mode & 0o777).toBe(0o600)
    for (const file of files) expectNoSecret(file, readFileSync(join(folder, file), 'latin1'))
  })
})

describe('without a secret to seal with', () => {
  const quiet = task({ name: 'demo.quiet', input: z.unknown(), run: () => undefined })
  const declared = task({ name: 'demo.declared', input: z.unknown(), redact: ['iban'], run: () => undefined })
  const open = (options: Partial<BackbeatOptions>) => {
    const folder = mkdtempSync(join(tmpdir(), 'backbeat-redaction-'))
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const backbeat = createBackbeat({ store, tasks: [quiet], production: true, allowLocal: true, ...options })
    onTestFinished(async () => {
      await backbeat.close()
      rmSync(folder, { recursive: true, force: true })
    })
    return { backbeat, folder }
  }

  test('production refuses a task that says what to redact, before it starts', async () => {
    const { backbeat } = open({ tasks: [declared] })
    await expect(backbeat.open()).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringMatching(/demo.declared.*BACKBEAT_SECRET/),
    })
  })

  test('production refuses an input with a password, and stores nothing', async () => {
    const { backbeat, folder } = open({})
    await backbeat.enqueue(quiet, { user: 'ana' })
    await expect(backbeat.enqueue(quiet, { login: { password: SECRETS.password } })).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringContaining('login.password'),
    })
    expect((await (await backbeat.open()).list()).entries).toHaveLength(1)
    expect(readdirSync(folder)).not.toContain('jobs.db.key')
  })

  test('a given one is used, and no key is kept', async () => {
    const { backbeat, folder } = open({ secret: 'q8Kx0aZ3mN5vB7cD', tasks: [declared] })
    const { id } = await backbeat.enqueue(declared, { iban: SECRETS.iban })
    expect((await (await backbeat.open()).get(id)).input).toEqual({ iban: '[redacted]' })
    expect(readdirSync(folder)).not.toContain('jobs.db.key')
    expectNoSecret(
      'store',
      readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), 'latin1'))
        .join(''),
    )
  })

  test('a weak one is refused in production', async () => {
    await expect(open({ secret: 'secret' }).backbeat.open()).rejects.toMatchObject({ code: 'default_secret' })
  })

  test('another one cannot open what was sealed, and says so on the job', async () => {
    const { backbeat, folder } = open({ secret: 'q8Kx0aZ3mN5vB7cD', tasks: [declared] })
    const { id } = await backbeat.enqueue(declared, { iban: SECRETS.iban })
    await backbeat.close()
    const store = `sqlite:${join(folder, 'jobs.db')}`
    const other = createBackbeat({ store, tasks: [declared], secret: 'another-secret' })
    onTestFinished(() => other.close())
    await other.startWorker()
    const handle = (await other.open()).handle({ id, taskType: declared.name })
    expect(await handle.outcome()).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringMatching(/"iban".*BACKBEAT_SECRET/),
    })
    await other.close()
    const both = createBackbeat({ store, tasks: [declared], secret: 'another-secret,q8Kx0aZ3mN5vB7cD' })
    onTestFinished(() => both.close())
    await both.startWorker()
    const retried = await (await both.open()).retry(id, 'ana')
    expect(await retried.outcome()).toMatchObject({ status: 'completed' })
  })
})

test('in tests, tasks are given what they were enqueued with', async () => {
  const seen: unknown[] = []
  const login = task({
    name: 'demo.login',
    input: z.object({ password: z.string() }),
    run: (given) => void seen.push(given),
  })
  await using backbeat = createTestBackbeat({ tasks: [login] })
  const handle = await backbeat.enqueue(login, { password: SECRETS.password })
  await backbeat.drain()
  expect(seen).toEqual([{ password: SECRETS.password }])
  expect((await handle.get()).input).toEqual({ password: '[redacted]' })
})
