import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { usePostgres } from '../../test/postgres.ts'
import { openPostgresStore } from '../store/postgres/open.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { type HttpHarness, openHttp, productImport, TOKEN } from './harness.conformance.ts'
import { attacksOn, type Operation, operationsOf, plainBody, plainPath } from './walk.conformance.ts'

/** What anybody who is known may do to nobody but themselves. */
const HARMLESS = ['signOut', 'markNotificationRead', 'markAllNotificationsRead', 'dismissNotification']
const STACK = /\n\s+at |node_modules|\.ts:\d+/

const postgres = usePostgres()
let requests = 0
afterAll(() => process.stdout.write(`The walk over the OpenAPI document sent ${requests} requests.\n`))

const STORES = [
  ['SQLite', async () => openSqliteStore('sqlite::memory:')],
  ['Postgres', () => openPostgresStore(postgres.storeUrl())],
] as const

describe.each(STORES)('every operation of the document, over %s', (_name, openStore) => {
  let http: HttpHarness
  let operations: Operation[]
  let schemas: Parameters<typeof plainBody>[1]

  beforeEach(async () => {
    http = await openHttp({ store: await openStore() })
    ;({ operations, schemas } = await operationsOf(http))
    expect(operations.length).toBeGreaterThan(15)
  })
  afterEach(() => http.store.close())

  async function send(method: string, path: string, token: string | null, body?: string, headers = {}) {
    requests += 1
    const request = new Request(`http://backbeat.test${path}`, {
      method,
      headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && method !== 'GET' && { body }),
    })
    const response = await http.respond(request)
    const type = response.headers.get('content-type') ?? ''
    // A stream of events does not end by itself.
    if (type.startsWith('text/event-stream')) {
      await response.body?.cancel()
      return { status: response.status, type, text: '' }
    }
    return { status: response.status, type, text: await response.text() }
  }

  function expectProblem(what: unknown, answer: Awaited<ReturnType<typeof send>>, status = answer.status): void {
    expect([what, answer.status, answer.type]).toEqual([what, status, 'application/problem+json'])
    expect([what, JSON.parse(answer.text)]).toEqual([
      what,
      expect.objectContaining({ status, code: expect.stringMatching(/^[a-z_]+$/), detail: expect.any(String) }),
    ])
    expect([what, STACK.test(answer.text)]).toEqual([what, false])
  }

  const plain = (operation: Operation, token: string | null) => {
    const body = plainBody(operation, schemas)
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    return send(operation.method, plainPath(operation), token, body, headers)
  }

  async function tokenOf(...permissions: string[]): Promise<string> {
    const name = `t${permissions.length}`
    return (await http.post('/api/v1/admin/tokens', { json: { name, permissions } })).json.token
  }

  test('is closed to whoever is not known', async () => {
    for (const operation of operations.filter(({ isPublic }) => !isPublic)) {
      for (const token of [null, 'wrong', '', `bb_${'0'.repeat(64)}_00000000`]) {
        expectProblem(operation.operationId, await plain(operation, token), 401)
      }
    }
  })

  test('that changes something, or is for administrators, is closed to a viewer', async () => {
    const viewer = await tokenOf('background_tasks.view')
    const closed = operations.filter(
      ({ method, permission, isPublic, operationId }) =>
        !isPublic &&
        !HARMLESS.includes(operationId) &&
        (method !== 'GET' || !['background_tasks.view', null].includes(permission)),
    )
    expect(closed.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining(['retryJob', 'cancelJob', 'triggerTask', 'addUser', 'listUsers', 'createToken']),
    )
    for (const operation of closed) expectProblem(operation.operationId, await plain(operation, viewer), 403)
  })

  test('that needs a permission is closed to who is known and has none', async () => {
    const nobody = await tokenOf()
    for (const operation of operations.filter(({ permission }) => permission !== null)) {
      expectProblem(operation.operationId, await plain(operation, nobody), 403)
    }
  })

  test('answers whatever is sent to it, and never with a fault of its own', async () => {
    // With it comes a notification.
    const jobId = await http.failed(productImport, { shop: 'nord' })
    for (const operation of operations) {
      for (const { what, path, body, headers } of attacksOn(operation, schemas, jobId)) {
        const named = `${operation.operationId}: ${what}`
        const answer = await send(operation.method, path, TOKEN, body, headers)
        expect([named, answer.status < 500]).toEqual([named, true])
        if (answer.status >= 400) expectProblem(named, answer)
      }
    }
    expect(http.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('refuses every other method', async () => {
    const allowed = new Map<string, string[]>()
    for (const { path, method } of operations) allowed.set(path, [...(allowed.get(path) ?? []), method])
    for (const operation of operations) {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'PROPFIND']) {
        if (allowed.get(operation.path)?.includes(method)) continue
        const answer = await send(method, plainPath(operation), TOKEN)
        expectProblem(`${method} ${operation.path}`, answer, 405)
      }
    }
  })
})
