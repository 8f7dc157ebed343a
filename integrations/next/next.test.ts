import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NextApp, TOKEN } from './next-app.ts'

const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
let app: NextApp

beforeAll(async () => {
  app = await NextApp.start()
})

afterAll(() => app?.stop())

function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${app.url}${path}`, { headers, ...init })
}

function start(input: unknown): Promise<Response> {
  return send('/api/v1/demo/greet', { method: 'POST', body: JSON.stringify(input) })
}

/** The events of a stream, as far as they have come. */
async function* eventsOf(response: Response): AsyncGenerator<{ id: string | undefined; data: { status: string } }> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) yield { id: /^id: (.*)$/m.exec(block)?.[1], data: JSON.parse(data) }
    }
  }
}

describe('mounted in Next', () => {
  test('a task is started, followed by its status_url, and told of until its job rests', async () => {
    const accepted = await start({ name: 'Åsa' })
    const { job_id, status_url } = (await accepted.json()) as { job_id: string; status_url: string }
    expect([accepted.status, accepted.headers.get('location')]).toEqual([202, status_url])
    expect(status_url).toBe(`/api/v1/admin/background-tasks/${job_id}`)
    expect(await (await send(status_url)).json()).toMatchObject({ input: { name: 'Åsa' }, status: 'pending' })

    const stream = await send(`${status_url}/events`)
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(stream.headers.get('content-encoding')).toBeNull()
    const events = eventsOf(stream)
    expect((await events.next()).value?.data.status).toBe('pending')
    const told = await Promise.race([Array.fromAsync(events), app.runWorker()])
    expect(told.at(-1)).toMatchObject({ id: 'rested', data: { status: 'completed' } })
    expect(await (await send(status_url)).json()).toMatchObject({ result: { greeting: 'Hello, Åsa' } })
    const again = await send(`${status_url}/events`, { headers: { ...headers, 'last-event-id': 'rested' } })
    expect(again.status).toBe(204)
  })

  test('what is wrong is answered as problem+json', async () => {
    const unknown = await send('/api/v1/no/such', { method: 'POST', body: '{}' })
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await unknown.json()).toMatchObject({ code: 'unknown_task' })
    const invalid = await start({ name: 7 })
    expect([invalid.status, invalid.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    expect(await invalid.json()).toMatchObject({ code: 'invalid_input', errors: [{ path: 'name' }] })
    expect((await fetch(`${app.url}/api/v1/admin/background-tasks`)).status).toBe(401)
  })

  test('every method reaches the API', async () => {
    const queue = '/api/v1/admin/background-tasks/queues/default'
    const changed = await send(queue, { method: 'PATCH', body: '{"concurrency": 3}' })
    expect(await changed.json()).toMatchObject({ concurrency: 3 })
    const revoked = await send('/api/v1/admin/tokens/nobodys', { method: 'DELETE' })
    expect(await revoked.json()).toMatchObject({ status: 404, code: 'unknown_token' })
  })
})
