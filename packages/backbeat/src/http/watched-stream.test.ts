import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { echo, type HttpHarness, JOBS, openHttp } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

async function createToken(permission = 'background_tasks.view'): Promise<string> {
  const answer = await http.post('/api/v1/admin/tokens', { json: { name: 'ci', permissions: [permission] } })
  return answer.json.token
}

/** The events of a stream, as they come. */
async function follow(headers: Record<string, string>) {
  const response = await http.respond(new Request(`http://backbeat.test${JOBS}/events`, { headers }))
  expect(response.status).toBe(200)
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  return {
    async until(text: string) {
      for (let seen = ''; !seen.includes(text); ) {
        const { done, value } = await reader.read()
        if (done) throw new Error(`The stream ended before "${text}"`)
        seen += value
      }
    },
    async ended() {
      while (!(await reader.read()).done);
    },
    cancel: () => reader.cancel(),
  }
}

describe('a stream of events', () => {
  test('ends within a minute of its token being revoked', async () => {
    const stream = await follow({ authorization: `Bearer ${await createToken()}` })
    await stream.until('ready')
    expect((await http.send('DELETE', '/api/v1/admin/tokens/ci')).status).toBe(204)
    http.clock.advance('1m')
    await stream.ended()
  })

  test('ends when its user may do less than before', async () => {
    const user = { name: 'ana', password: 'correct horse battery' }
    await http.post('/api/v1/admin/users', { json: { ...user, role: 'operator' } })
    const session = await http.post('/api/v1/admin/session', { token: null, json: user })
    const stream = await follow({ cookie: session.headers.get('set-cookie')?.split(';')[0] ?? '' })
    await stream.until('ready')
    await http.send('PATCH', '/api/v1/admin/users/ana', { json: { role: 'viewer' } })
    http.clock.advance('1m')
    await stream.ended()
  })

  test('that nobody reads is not watched over', async () => {
    let asked = 0
    const counted = await openHttp({
      authenticate: () => {
        asked += 1
        return { name: 'vera', role: 'viewer' }
      },
    })
    expect((await counted.send('HEAD', `${JOBS}/events`, { token: null })).status).toBe(200)
    expect(asked).toBe(1)
    counted.clock.advance('5m')
    await new Promise(setImmediate)
    expect(asked).toBe(1)
    await counted.store.close()
  })

  test('goes on for who still may read it, event by event', async () => {
    const stream = await follow({ authorization: `Bearer ${await createToken()}` })
    await stream.until('ready')
    for (let minutes = 0; minutes < 3; minutes += 1) {
      http.clock.advance('1m')
      const id = await http.enqueue(echo)
      await stream.until(id)
    }
    await stream.cancel()
  })
})
