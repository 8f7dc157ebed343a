import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Backbeat, createBackbeat, toNodeHandler } from '../src/index.ts'
import { echo } from './fixtures/app.ts'

const TOKEN = 'a-token-for-tests'

/** Where a server answers, once it listens. */
type Mount = (backbeat: Backbeat, base: string) => Promise<string>

const FRAMEWORKS: [name: string, mount: Mount][] = [
  [
    'Hono',
    (backbeat, base) => {
      const app = new Hono()
      if (base === '') app.all('*', (c) => backbeat.fetch(c.req.raw))
      else app.mount(base, backbeat.fetch)
      return listen(createServer(getRequestListener(app.fetch)))
    },
  ],
  [
    'Express',
    (backbeat, base) => {
      const app = express()
      app.use(base || '/', toNodeHandler(backbeat))
      return listen(createServer(app))
    },
  ],
  [
    'Express, whose bodies are parsed before',
    (backbeat, base) => {
      const app = express()
      app.use(express.json())
      app.use(base || '/', toNodeHandler(backbeat))
      return listen(createServer(app))
    },
  ],
  [
    'Fastify',
    async (backbeat, base) => {
      const app = fastify()
      const handle = toNodeHandler(backbeat)
      app.register(async (scope) => {
        // The API reads its bodies itself.
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
        scope.all(`${base}/*`, (request, reply) => {
          reply.hijack()
          return handle(request.raw, reply.raw)
        })
      })
      onTestFinished(() => app.close())
      return app.listen({ port: 0, host: '127.0.0.1' })
    },
  ],
  ['node:http', (backbeat) => listen(createServer(toNodeHandler(backbeat)))],
  [
    'a route handler of the shape that Next calls',
    (backbeat, base) => {
      // app/<base>/[[...path]]/route.ts: export const GET = backbeat.fetch, and POST, PATCH, DELETE likewise.
      const context = { params: Promise.resolve({ path: [] as string[] }) }
      const route: Record<string, (request: Request, context: object) => Promise<Response>> = {
        GET: backbeat.fetch,
        POST: backbeat.fetch,
      }
      return listen(
        createServer(
          getRequestListener((request) => {
            const isBelow = new URL(request.url).pathname.startsWith(`${base}/`)
            const handle = isBelow ? route[request.method] : undefined
            return handle ? handle(request, context) : new Response(null, { status: 404 })
          }),
        ),
      )
    },
  ],
]

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What a stream that does not end has sent, up to a text and the line after it. */
async function readUntil(response: Response, text: string): Promise<string> {
  let read = ''
  for await (const chunk of response.body ?? []) {
    read += new TextDecoder().decode(chunk)
    if (read.includes(text) && read.includes('data:')) break
  }
  return read
}

describe.each(FRAMEWORKS)('mounted in %s', (_name, mount) => {
  test.each(['', '/backbeat', '/internal/jobs'])('below "%s"', async (base) => {
    const backbeat = createBackbeat({
      store: 'sqlite::memory:',
      tasks: [echo],
      adminToken: TOKEN,
      ...(base !== '' && { basePath: base }),
    })
    onTestFinished(() => backbeat.close())
    const origin = await mount(backbeat, base)
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const send = (path: string, init: RequestInit = {}) => fetch(`${origin}${path}`, { headers, ...init })
    const start = (body: string) => send(`${base}/api/v1/demo/echo`, { method: 'POST', body })

    const accepted = await start('{"text":"grüße"}')
    const { job_id, status_url } = (await accepted.json()) as { job_id: string; status_url: string }
    expect([accepted.status, accepted.headers.get('location')]).toEqual([202, status_url])
    expect(status_url).toBe(`${base}/api/v1/admin/background-tasks/${job_id}`)

    const followed = await send(status_url)
    expect(followed.status).toBe(200)
    expect(await followed.json()).toMatchObject({ id: job_id, input: { text: 'grüße' }, status: 'pending' })

    const events = await send(`${status_url}/events`)
    expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(await readUntil(events, 'event: job')).toContain(job_id)

    const unknown = await send(`${base}/api/v1/no/such`, { method: 'POST', body: '{}' })
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await unknown.json()).toMatchObject({ code: 'unknown_task' })

    const invalid = await start('{"text":7}')
    expect(invalid.status).toBe(422)
    expect(await invalid.json()).toMatchObject({ code: 'invalid_input', errors: [{ path: 'text' }] })

    const stranger = await fetch(`${origin}${status_url}`)
    expect(stranger.status).toBe(401)
    expect((await fetch(`${origin}${base}/docs`)).status).toBe(200)
    expect(((await (await send(`${base}/openapi.json`)).json()) as { servers: unknown }).servers).toEqual([
      { url: base || '/' },
    ])
  })
})

test.each(FRAMEWORKS.filter(([name]) => !name.includes('parsed before')))(
  'a body that is refused spoils no request after it in %s',
  async (_name, mount) => {
    const backbeat = createBackbeat({
      store: 'sqlite::memory:',
      tasks: [echo],
      adminToken: TOKEN,
      basePath: '/backbeat',
    })
    onTestFinished(() => backbeat.close())
    const origin = await mount(backbeat, '/backbeat')
    const post = async (body: string, token: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const response = await fetch(`${origin}/backbeat/api/v1/demo/echo`, { method: 'POST', headers, body })
      await response.text()
      return response.status
    }
    const large = JSON.stringify({ text: 'x'.repeat(3_000_000) })
    for (const [token, status] of [
      [TOKEN, 413],
      ['wrong', 401],
    ] as const) {
      expect(await post(large, token)).toBe(status)
      for (let times = 0; times < 3; times += 1) expect(await post('{"text":"small"}', TOKEN)).toBe(202)
    }
  },
)

test('a request that is given up half-way leaves the server well', async () => {
  const backbeat = createBackbeat({ store: 'sqlite::memory:', tasks: [echo], adminToken: TOKEN })
  onTestFinished(() => backbeat.close())
  const origin = await listen(createServer(toNodeHandler(backbeat)))
  const controller = new AbortController()
  const body = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode('{"text":'))
      setImmediate(() => controller.abort())
    },
  })
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body, duplex: 'half', signal: controller.signal }
  await expect(fetch(`${origin}/api/v1/demo/echo`, init as RequestInit)).rejects.toThrow()
  expect((await fetch(`${origin}/healthz`)).status).toBe(200)
})
