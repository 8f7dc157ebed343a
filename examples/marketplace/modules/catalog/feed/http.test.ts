import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { guardedFetch, TransientError } from 'backbeat'
import { afterEach, describe, expect, test } from 'vitest'
import { FeedError, NetworkError } from './errors.ts'
import { fetchFeed } from './http.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

test('streams what the server sends', async () => {
  const url = await serve((_, response) => {
    response.write('sku,title')
    response.end(',price\n')
  })
  expect(await readAll(url)).toBe('sku,title,price\n')
})

test('reaches this machine only where the settings allow it, and does not try again', async () => {
  const url = await serve((_, response) => response.end('sku,title,price\n'))
  const feed = fetchFeed(url, { signal: new AbortController().signal, fetch: guardedFetch })
  const error = await text(feed).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'address_not_allowed' })
  expect(error).not.toBeInstanceOf(TransientError)
})

describe('may pass by itself', () => {
  test('a connection that is dropped in the middle', async () => {
    const url = await serve((_, response) => {
      response.write('sku,title,price\nA1,La', () => response.destroy())
    })
    await expectNetworkError(readAll(url))
  })

  test('a body that is shorter than announced', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('sku,title,price\n', () => response.destroy())
    })
    await expectNetworkError(readAll(url))
  })

  test('a connection that is dropped before the answer', async () => {
    await expectNetworkError(readAll(await serve((request) => request.socket.destroy())))
  })

  test('nobody listens', async () => {
    const url = await serve(() => undefined)
    await cleanups.pop()?.()
    await expectNetworkError(readAll(url))
  })

  test.each([408, 425, 429, 500, 502, 503])('the answer %i', async (status) => {
    await expectNetworkError(readAll(await serve((_, response) => response.writeHead(status).end())))
  })

  test('a server that accepts and stays silent', async () => {
    const error = await expectNetworkError(readAll(await serve(() => undefined), { idleMs: 20 }))
    expect(error.message).toContain('sent nothing for')
  })

  test('a server that falls silent in the middle', async () => {
    const url = await serve((_, response) => void response.write('sku,title'))
    await expectNetworkError(readAll(url, { idleMs: 100 }))
  })
})

describe('does not pass by itself', () => {
  test.each([400, 401, 403, 404, 410])('the answer %i', async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end())
    const error = await readAll(url).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FeedError)
    expect(error).not.toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ code: 'feed_refused', message: expect.stringContaining(`answered ${status}`) })
  })

  test('a redirect that never ends', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/again' }).end())
    await expect(readAll(url)).rejects.toMatchObject({ code: 'feed_unreachable' })
  })
})

test('errors do not repeat the query, which may carry a token', async () => {
  const url = await serve((_, response) => response.writeHead(404).end())
  const error = await readAll(`${url}?token=secret`).catch((thrown: Error) => thrown)
  expect(String(error)).not.toContain('secret')
})

test('stops with the reason of its signal', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const url = await serve((_, response) => void response.write('sku,title', () => controller.abort(reason)))
  await expect(readAll(url, { signal: controller.signal })).rejects.toBe(reason)
})

test('a reader that stops early ends the connection', async () => {
  const closed = Promise.withResolvers<void>()
  const url = await serve((_, response) => {
    response.on('close', closed.resolve)
    response.write('sku,title')
  })
  for await (const _ of fetchFeed(url, { signal: AbortSignal.any([]) })) break
  await closed.promise
})

function readAll(url: string, options: { signal?: AbortSignal; idleMs?: number } = {}): Promise<string> {
  return text(fetchFeed(url, { signal: AbortSignal.any([]), ...options }))
}

async function expectNetworkError(reading: Promise<unknown>): Promise<NetworkError> {
  const error = await reading.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NetworkError)
  expect(error).toBeInstanceOf(TransientError)
  return error as NetworkError
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.csv`
}
