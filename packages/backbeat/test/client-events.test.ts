import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createBackbeatClient } from '../src/api-client/index.ts'
import { createBackbeat, toNodeHandler } from '../src/index.ts'
import { echo } from './fixtures/app.ts'

const TOKEN = 'a-token-for-tests'

/** The API on a port of its own, whose connections can be cut. */
async function startServer() {
  const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [echo], adminToken: TOKEN })
  onTestFinished(() => backbeat.close())
  const server = createServer(toNodeHandler(backbeat))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  onTestFinished(() => server.closeAllConnections())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { backbeat, server, client: createBackbeatClient({ baseUrl, token: TOKEN }) }
}

test('a client follows jobs to their end over connections that are cut again and again', async () => {
  const { backbeat, server, client } = await startServer()
  const events = client.events({ task_type: 'demo.echo' }, { retryMs: 1 })
  expect((await events.next()).value?.type).toBe('ready')
  await backbeat.startWorker()
  const asked = new Set<string>()
  const ended = new Set<string>()
  while (asked.size < 20) {
    asked.add((await backbeat.enqueue(echo, { text: `${asked.size}` })).id)
    server.closeAllConnections()
    for await (const event of { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) }) {
      if (event.type === 'job' && event.job.status === 'completed') ended.add(event.job.id)
      if (ended.size === asked.size) break
    }
  }
  expect(ended).toEqual(asked)
  await events.return()
})

test('a client follows one job until it rests, whose connection is cut', async () => {
  const { backbeat, server, client } = await startServer()
  const { id } = await backbeat.enqueue(echo, { text: 'grüße' })
  const told: string[] = []
  for await (const event of client.events(id, { retryMs: 1 })) {
    if (event.type === 'job' && told.push(event.job.status) === 1) {
      server.closeAllConnections()
      await backbeat.startWorker()
    }
  }
  expect([told[0], told.at(-1)]).toEqual(['pending', 'completed'])
})

test('a client is told when its connection is made and lost', async () => {
  const { server, client } = await startServer()
  const told: boolean[] = []
  const lost = Promise.withResolvers<void>()
  const again = Promise.withResolvers<void>()
  const stop = new AbortController()
  const events = client.events(
    {},
    {
      retryMs: 1,
      signal: stop.signal,
      onConnection: (isOpen) => {
        told.push(isOpen)
        if (!isOpen) lost.resolve()
        if (told.length === 3) again.resolve()
      },
    },
  )
  expect((await events.next()).value?.type).toBe('ready')
  const next = events.next()
  server.closeAllConnections()
  await lost.promise
  await again.promise
  expect(told).toEqual([true, false, true])
  stop.abort()
  await expect(next).rejects.toThrow()
  expect(told).toEqual([true, false, true, false])
})
