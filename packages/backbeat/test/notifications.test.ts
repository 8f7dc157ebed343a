import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { type BackbeatOptions, createBackbeat, TransientError, task, warn } from '../src/index.ts'
import { openStore } from '../src/open-store.ts'
import { echo } from './fixtures/app.ts'
import { usePostgres } from './postgres.ts'

const postgres = usePostgres()
const logger = pino({ level: 'silent' })
const input = z.object({})
const ANA = { name: 'manual:ana', scope: null }

const broken = task({
  name: 'demo.broken',
  input,
  run: (_, ctx) => {
    throw new RangeError(`Job ${ctx.job.id} has no price`)
  },
})
const busy = task({
  name: 'demo.busy',
  input,
  retry: { times: 2, backoff: { first: '1ms' } },
  run: () => {
    throw new TransientError('The gateway is busy')
  },
})
const silent = task({ name: 'demo.silent', input, notify: false, run: broken.run })
const warned = task({ name: 'demo.warned', input, run: () => warn(null, ['3 rows without a price']) })
const watched = task({ name: 'demo.watched', input, notify: ['completed_with_warnings'], run: warned.run })
const effect = task({
  name: 'demo.effect',
  input,
  transactional: true,
  notify: watched.notifyOn ?? [],
  run: warned.run,
})
const tasks = [broken, busy, silent, warned, watched, effect, echo]

const STORES = [
  [
    'SQLite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      return `sqlite:${join(folder, 'jobs.db')}`
    },
  ],
  ['Postgres', () => postgres.storeUrl()],
] as const

async function open(url: string, options: Partial<BackbeatOptions> = {}) {
  const backbeat = createBackbeat({ store: url, tasks, logger, worker: { poll: '20ms' }, ...options })
  onTestFinished(() => backbeat.close())
  await backbeat.open()
  const store = await openStore(url)
  onTestFinished(() => store.close())
  const told = async () =>
    (await store.notifications.list(ANA, {}, { limit: 50 })).entries
      .map(({ taskType, status, count, message }) => ({ taskType, status, count, message }))
      .sort((a, b) => (a.taskType < b.taskType ? -1 : 1))
  return { backbeat, store, told }
}

describe.each(STORES)('a worker on %s', (_name, storeUrl) => {
  test('tells once of jobs that fail in the same way, and of none that is retried or asks not to be told of', async () => {
    const { backbeat, told } = await open(storeUrl())
    const many = await backbeat.enqueueMany(
      broken,
      Array.from({ length: 25 }, () => ({})),
    )
    const others = [busy, silent, warned].map((one) => backbeat.enqueue(one, {}))
    const fine = await backbeat.enqueue(echo, { text: 'fine' })
    await backbeat.startWorker()
    for (const job of [...many, ...(await Promise.all(others)), fine]) await job.outcome()
    expect(await told()).toEqual([
      { taskType: 'demo.broken', status: 'failed', count: 25, message: expect.stringMatching(/has no price$/) },
      { taskType: 'demo.busy', status: 'failed', count: 1, message: 'The gateway is busy' },
    ])
  })

  test('tells of warnings where the task asks for it, also in one transaction with its effects', async () => {
    const { backbeat, told } = await open(storeUrl())
    await backbeat.startWorker()
    for (const one of [watched, effect, warned]) await (await backbeat.enqueue(one, {})).outcome()
    const warning = { status: 'completed_with_warnings', count: 1, message: '3 rows without a price' }
    expect(await told()).toEqual([
      { taskType: 'demo.effect', ...warning },
      { taskType: 'demo.watched', ...warning },
    ])
  })

  test('tells of what the application says, where the task does not', async () => {
    const { backbeat, told } = await open(storeUrl(), { notifications: { on: ['completed_with_warnings'] } })
    await backbeat.startWorker()
    for (const one of [broken, warned]) await (await backbeat.enqueue(one, {})).outcome()
    expect((await told()).map(({ taskType }) => taskType)).toEqual(['demo.warned'])
  })

  test('forgets notifications that are older than they are kept', async () => {
    const { backbeat, told } = await open(storeUrl(), { notifications: { retention: 0 }, worker: { lease: '1s' } })
    await backbeat.startWorker()
    await (await backbeat.enqueue(broken, {})).outcome()
    await expect.poll(told, { timeout: 10_000 }).toEqual([])
  })
})

test('what cannot be told of is refused at once, and says what can', () => {
  const create = () => createBackbeat({ tasks, notifications: { on: ['completed' as 'failed'] } })
  expect(create).toThrow(/notifications\.on: "completed" is not .* failed, stuck, completed_with_warnings/)
  const wrong = [['cancelled' as 'failed'], true as never, 'failed' as never]
  for (const notify of wrong) {
    expect(() => task({ name: 'demo.x', input, notify, run: () => null })).toThrow(
      expect.objectContaining({ code: 'invalid_task' }),
    )
  }
})
