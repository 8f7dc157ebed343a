import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { task } from '../task/define.ts'
import { type HttpHarness, JOBS, NO_JOB, openHttp, TOKEN } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

const CLOSED: [method: string, path: string][] = [
  ['POST', '/api/v1/demo/echo'],
  ['POST', '/api/v1/no/such'],
  ['GET', JOBS],
  ['GET', `${JOBS}/${NO_JOB}`],
  ['GET', `${JOBS}/${NO_JOB}/items`],
  ['GET', `${JOBS}/${NO_JOB}/logs`],
  ['GET', `${JOBS}/${NO_JOB}/attempts`],
  ['POST', `${JOBS}/${NO_JOB}/retry`],
  ['POST', `${JOBS}/${NO_JOB}/retry-failed-items`],
  ['POST', `${JOBS}/${NO_JOB}/cancel`],
  ['GET', `${JOBS}/${NO_JOB}/explain`],
  ['GET', `${JOBS}/running`],
  ['GET', `${JOBS}/stats`],
  ['GET', `${JOBS}/tasks`],
  ['GET', `${JOBS}/errors`],
  ['GET', `${JOBS}/settings`],
  ['GET', `${JOBS}/health`],
  ['GET', `${JOBS}/queues`],
  ['PATCH', `${JOBS}/queues/default`],
  ['POST', `${JOBS}/queues/default/pause`],
  ['GET', `${JOBS}/workers`],
  ['POST', `${JOBS}/workers/nobody/stop`],
  ['POST', `${JOBS}/bulk`],
  ['GET', '/nowhere'],
]

describe('the bearer token', () => {
  test.each(CLOSED)('is asked for by %s %s', async (method, path) => {
    for (const token of [null, 'wrong', `${TOKEN}x`, TOKEN.slice(1)]) {
      const answer = await http.send(method, path, { token })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(answer.json).toMatchObject({ code: 'unauthenticated', status: 401 })
    }
    expect(await http.stored()).toBe(0)
  })

  test.each(['Basic abc', 'Bearer', 'Bearer ', `Token ${TOKEN}`, TOKEN, `Bearer ${TOKEN} ${TOKEN}`])(
    'is not found in "%s"',
    async (authorization) => {
      expect((await http.send('GET', JOBS, { token: null, headers: { authorization } })).status).toBe(401)
    },
  )

  test('may follow its scheme in any letter case', async () => {
    const headers = { authorization: `bearer ${TOKEN}` }
    expect((await http.send('GET', JOBS, { token: null, headers })).status).toBe(200)
  })

  test('is checked before the body is read', async () => {
    const pull = vi.fn()
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const answer = await http.post('/api/v1/demo/echo', { token: null, body })
    expect(answer.status).toBe(401)
    expect(pull).not.toHaveBeenCalled()
  })

  test('cannot be guessed where none is configured, and the answer says what to set', async () => {
    for (const adminToken of [null, '']) {
      const closed = await openHttp({ adminToken })
      for (const token of [null, '', 'null', TOKEN]) {
        const answer = await closed.send('GET', JOBS, { token })
        expect(answer.status).toBe(401)
        expect(answer.json.detail).toContain('BACKBEAT_ADMIN_TOKEN')
      }
      expect((await closed.send('GET', '/healthz', { token: null })).status).toBe(200)
      await closed.store.close()
    }
  })
})

describe('health', () => {
  test('says without a token that the process lives and the store answers', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await http.send('GET', path, { token: null })
      expect(answer.status).toBe(200)
      expect(answer.json).toEqual({ status: 'ok' })
    }
  })

  test('lives but is not ready when the store is gone, and does not tell strangers more', async () => {
    const gone = await openHttp()
    await gone.store.close()
    expect((await gone.send('GET', '/healthz', { token: null })).status).toBe(200)
    const answer = await gone.send('GET', '/readyz', { token: null })
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ code: 'not_ready', status: 503 })
    expect(answer.text).not.toContain('sqlite')
    expect(gone.logged).not.toEqual([])
  })
})

describe('paths and methods', () => {
  test('an unknown path is a problem', async () => {
    for (const path of ['/', '/nowhere', '/api/v1', '/api/v1/a', '/api/v1/a/b/c', `${JOBS}/${NO_JOB}/nothing`, '/%']) {
      const answer = await http.get(path)
      expect([path, answer.status, answer.json?.code]).toEqual([path, 404, 'not_found'])
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  test.each([
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
    ['POST', JOBS, 'GET, HEAD'],
    ['DELETE', `${JOBS}/${NO_JOB}`, 'GET, HEAD'],
    ['PUT', `${JOBS}/${NO_JOB}/items`, 'GET, HEAD'],
    ['GET', `${JOBS}/${NO_JOB}/retry`, 'POST'],
    ['GET', `${JOBS}/${NO_JOB}/cancel`, 'POST'],
    ['GET', '/api/v1/demo/echo', 'POST'],
    ['PATCH', '/api/v1/catalog/product-import', 'POST'],
  ])('%s %s is refused with what is allowed', async (method, path, allow) => {
    const answer = await http.send(method, path)
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
    expect(answer.json).toMatchObject({ code: 'method_not_allowed' })
  })

  test('another method for an unknown task says that the task is unknown', async () => {
    expect((await http.get('/api/v1/no/such')).json.code).toBe('unknown_task')
  })

  test('HEAD answers as GET does, without a body', async () => {
    const id = await http.enqueue()
    for (const path of ['/healthz', '/readyz', '/openapi.json', JOBS, `${JOBS}/${id}`, `${JOBS}/${id}/items`]) {
      const answer = await http.send('HEAD', path)
      expect([path, answer.status, answer.text]).toEqual([path, 200, ''])
    }
    expect((await http.send('HEAD', JOBS, { token: null })).status).toBe(401)
    expect((await http.send('HEAD', `${JOBS}/${NO_JOB}`)).status).toBe(404)
  })

  test('no answer is cached or guessed at', async () => {
    for (const answer of [
      await http.get(JOBS),
      await http.get('/nowhere'),
      await http.send('GET', JOBS, { token: null }),
    ]) {
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})

describe('faults on our side', () => {
  /** A task whose own code throws. */
  function throwing(thrown: unknown) {
    return task({
      name: 'demo.broken',
      input: z.object({}),
      unique: {
        key: () => {
          throw thrown
        },
      },
      run: () => undefined,
    })
  }

  test('tell nothing of the error, log it, and name the log entry', async () => {
    const broken = await openHttp({}, [throwing(new TypeError('secret of the house'))])
    const answer = await broken.trigger('demo/broken', '{}')
    expect(answer.status).toBe(500)
    expect(answer.json).toMatchObject({ code: 'internal_error', status: 500 })
    expect(answer.text).not.toContain('secret')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(broken.logged).toMatchObject([
      {
        level: 50,
        instance: answer.json.instance,
        method: 'POST',
        path: '/api/v1/demo/broken',
        err: { type: 'TypeError', message: 'secret of the house' },
      },
    ])
    expect(await broken.stored()).toBe(0)
    await broken.store.close()
  })

  test.each(['a text', undefined, null, 7])('are answered even where %s was thrown', async (thrown) => {
    const broken = await openHttp({}, [throwing(thrown)])
    const answer = await broken.trigger('demo/broken', '{}')
    expect([answer.status, answer.json.code]).toEqual([500, 'internal_error'])
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(broken.logged).toHaveLength(1)
    await broken.store.close()
  })

  test('with a code keep it and their status', async () => {
    const gone = await openHttp()
    await gone.store.close()
    for (const answer of [await gone.get(JOBS), await gone.trigger('demo/echo', '{}')]) {
      expect([answer.status, answer.json.code]).toEqual([503, 'store_closed'])
    }
    expect(gone.logged).toHaveLength(2)
  })
})
