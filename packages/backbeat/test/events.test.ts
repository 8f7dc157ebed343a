import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../src/client/client.ts'
import { systemClock } from '../src/clock.ts'
import { createHttpApp } from '../src/http/app.ts'
import { openStore } from '../src/open-store.ts'
import { changesTo, newJob } from '../src/store/conformance/fixtures.conformance.ts'
import { TaskRegistry } from '../src/task/registry.ts'
import { EventSource } from './event-source.ts'
import type { Passing } from './fixtures/event-writer.ts'
import { usePostgres } from './postgres.ts'

const postgres = usePostgres()
const TOKEN = 'a-token-for-tests'
const EVENTS = '/api/v1/admin/background-tasks/events'

function sqliteUrl(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-events-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return `sqlite:${join(folder, 'jobs.db')}`
}

/** The API on a port of its own. */
async function startServer(storeUrl: string) {
  const store = await openStore(storeUrl)
  await store.migrate()
  const registry = new TaskRegistry()
  const client = new Client(store, registry, systemClock)
  const app = createHttpApp({ client, store, registry, adminToken: TOKEN, logger: pino({ level: 'silent' }) })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  onTestFinished(async () => {
    await client.events.close()
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
    await store.close()
  })
  const listen = (query: Record<string, string>, lastEventId?: string) => {
    const source = new EventSource(
      `http://127.0.0.1:${port}${EVENTS}?${new URLSearchParams(query)}`,
      TOKEN,
      lastEventId,
    )
    onTestFinished(() => source.drop())
    return source
  }
  return { store, hub: client.events, listen }
}

/** Another process passes the jobs through; resolves when it has. */
async function passElsewhere(passing: Passing): Promise<void> {
  const child = fork(new URL('./fixtures/event-writer.ts', import.meta.url))
  onTestFinished(() => void child.kill('SIGKILL'))
  child.send(passing)
  await once(child, 'message')
}

function jobsFor(count: number, tagOf: (index: number) => string): Passing['jobs'] {
  return Array.from({ length: count }, (_, index) => ({ id: v7(), tag: tagOf(index) }))
}

function outcomesOf(jobs: Passing['jobs'], fits: (tag: string, status: string, id: string) => boolean) {
  const all = jobs.map(({ id, tag }, index) => ({ id, tag, status: index % 10 === 0 ? 'failed' : 'completed' }))
  return new Map(all.filter(({ id, tag, status }) => fits(tag, status, id)).map(({ id, status }) => [id, status]))
}

const WAIT = { timeout: 60_000, interval: 50 }

describe.each([
  ['SQLite', sqliteUrl],
  ['Postgres', () => postgres.storeUrl()],
])('events on %s', (_, newUrl) => {
  test('500 listeners see every outcome that they asked for while another process passes 1,000 jobs a second', async () => {
    const { store, hub, listen } = await startServer(newUrl())
    const jobs = jobsFor(3000, (index) => `shop=${index % 400}`)
    const listeners = [
      ...Array.from({ length: 400 }, (_, shop) => ({
        source: listen({ tag: `shop=${shop}` }),
        expected: outcomesOf(jobs, (tag) => tag === `shop=${shop}`),
      })),
      ...jobs.slice(0, 50).map(({ id: one }) => ({
        source: listen({ job_id: one }),
        expected: outcomesOf(jobs, (_, __, id) => id === one),
      })),
      ...Array.from({ length: 40 }, () => ({
        source: listen({ status: 'failed', task_type: 'demo.echo' }),
        expected: outcomesOf(jobs, (_, status) => status === 'failed'),
      })),
      ...Array.from({ length: 10 }, () => ({ source: listen({}), expected: outcomesOf(jobs, () => true) })),
    ]
    await Promise.all(listeners.map(({ source }) => source.ready))
    expect(hub.stats.listeners).toBe(500)
    await passElsewhere({ store: store.url, jobs, batch: 50, pauseMs: 50 })
    for (const { source, expected } of listeners) {
      await expect.poll(() => source.outcomes.size, WAIT).toBe(expected.size)
      expect(source.outcomes).toEqual(expected)
      expect(source.resets).toBe(0)
    }
    for (const { source } of listeners) source.drop()
    await expect.poll(() => hub.stats.listeners, WAIT).toBe(0)
  }, 120_000)

  test('a connection that is dropped again and again, and resumed, loses nothing', async () => {
    const { store, listen } = await startServer(newUrl())
    const jobs = jobsFor(2000, () => 'any')
    let source = listen({})
    await source.ready
    const seen = new Map<string, string>()
    let isPassed = false
    const passing = passElsewhere({ store: store.url, jobs, batch: 20, pauseMs: 10 }).then(() => {
      isPassed = true
    })
    let drops = 0
    const keep = () => {
      for (const [id, status] of source.outcomes) seen.set(id, status)
    }
    while (!isPassed) {
      const known = source.statuses.size
      await expect.poll(() => isPassed || source.statuses.size > known, WAIT).toBe(true)
      source.drop()
      keep()
      drops += 1
      source = listen({}, source.lastEventId)
      await source.ready
    }
    await passing
    const all = () => {
      keep()
      return seen.size
    }
    await expect.poll(all, WAIT).toBe(jobs.length)
    expect(seen).toEqual(outcomesOf(jobs, () => true))
    expect(drops).toBeGreaterThan(3)
  }, 120_000)

  test('a reader that stops reading is kept a bounded number of events for, and goes on when it reads again', async () => {
    const { store, hub, listen } = await startServer(newUrl())
    const [slow, quick] = [listen({}), listen({ tag: 'last' })]
    await Promise.all([slow.ready, quick.ready])
    slow.pause()
    let most = 0
    for (let round = 0; round < 30; round += 1) {
      // Long enough that no buffer between the two sides holds it.
      const tags = Array.from({ length: 20 }, () => 'x'.repeat(100))
      await store.insert(Array.from({ length: 1000 }, () => newJob({ tags })))
      most = Math.max(most, hub.stats.pending)
    }
    await store.insert([newJob({ tags: ['last'] })])
    await expect.poll(() => quick.statuses.size, WAIT).toBe(1)
    expect(Math.max(most, hub.stats.pending)).toBeLessThanOrEqual(5000)
    slow.resume()
    await expect.poll(() => slow.resets, WAIT).toBeGreaterThan(0)
    const { jobs } = await store.claim({ worker: 'w', limit: 1, queues: null, leaseMs: 60_000 })
    const changes = changesTo({ status: 'completed' })
    await store.settle(jobs.map((lease) => ({ lease, changes, knewOfCancel: false })))
    await expect.poll(() => slow.outcomes.get(jobs[0]?.jobId ?? ''), WAIT).toBe('completed')
    await expect.poll(() => hub.stats.pending, WAIT).toBe(0)
  }, 120_000)
})

test('who listens goes on when the database has ended every connection', async () => {
  const application_name = `backbeat_${crypto.randomUUID()}`
  const { store, listen } = await startServer(postgres.storeUrl({ application_name }))
  const source = listen({})
  await source.ready
  const [before, after] = [newJob(), newJob()]
  await store.insert([before])
  await expect.poll(() => source.statuses.has(before.id), WAIT).toBe(true)
  await postgres.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
    application_name,
  ])
  // Those that the pool does not know to be gone yet are found out one by one.
  const insert = () => store.insert([after]).then(Boolean, ({ code }) => code === 'duplicate_job_id')
  await expect.poll(insert, WAIT).toBe(true)
  await expect.poll(() => source.statuses.has(after.id), WAIT).toBe(true)
}, 120_000)
