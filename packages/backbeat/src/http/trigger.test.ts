import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { task } from '../task/define.ts'
import { type HttpHarness, JOBS, openHttp, productImport } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp({ maxBodyBytes: 10_000 })
})

afterEach(() => http.store.close())

describe('triggering a task', () => {
  test('stores a job and answers with five fields and where it can be watched', async () => {
    const answer = await http.post('/api/v1/catalog/product_import', { json: { shop: 'nord' } })
    expect(answer.status).toBe(202)
    const { job_id } = answer.json
    expect(answer.json).toEqual({
      job_id,
      task_type: 'catalog.product_import',
      status: 'pending',
      message: 'catalog.product_import is queued.',
      status_url: `${JOBS}/${job_id}`,
    })
    expect(answer.headers.get('location')).toBe(answer.json.status_url)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await http.client.get(job_id)).toMatchObject({
      status: 'pending',
      taskType: 'catalog.product_import',
      queue: 'long_running',
      input: { shop: 'nord' },
      triggeredBy: 'api:admin',
    })
    expect((await http.get(answer.json.status_url)).status).toBe(200)
  })

  test('- stands for _ in the path', async () => {
    const dashed = task({ name: 'rfp_manager.batch_generate', input: z.object({}), run: () => undefined })
    const http = await openHttp({}, [dashed])
    for (const path of ['rfp-manager/batch-generate', 'rfp_manager/batch_generate', 'rfp-manager/batch_generate']) {
      expect((await http.post(`/api/v1/${path}`)).json.task_type).toBe('rfp_manager.batch_generate')
    }
  })

  test('without a body and a content type the input is {}', async () => {
    const { json } = await http.post('/api/v1/demo/echo')
    expect((await http.client.get(json.job_id)).input).toEqual({})
  })

  test('a body of any JSON media type in UTF-8 is read', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/Merge-Patch+JSON']) {
      const answer = await http.post('/api/v1/demo/echo', {
        body: '{"ä":"\ud83d\ude00"}',
        headers: { 'content-type': type },
      })
      expect((await http.client.get(answer.json.job_id)).input).toEqual({ ä: '😀' })
    }
  })

  test('takes another queue, priority and delay than the task says', async () => {
    const { json } = await http.post('/api/v1/demo/echo?queue=batch&priority=-5&delay=10m')
    const job = await http.client.get(json.job_id)
    expect(job).toMatchObject({ queue: 'batch', priority: -5, status: 'pending' })
    expect(job.runAt - job.createdAt).toBe(600_000)
  })

  test('points below the path that the app is mounted under', async () => {
    const mounted = await openHttp({ basePath: '/jobs/' })
    const first = await mounted.trigger('catalog/product_import', '{"shop":"nord"}')
    expect(first.headers.get('location')).toBe(`/jobs${JOBS}/${first.json.job_id}`)
    const second = await mounted.trigger('catalog/product_import', '{"shop":"nord"}')
    expect(second.json.status_url).toBe(first.json.status_url)
    const detail = await mounted.get(`${JOBS}/${first.json.job_id}`)
    expect(detail.json.details.links.cancel).toBe(`${first.json.status_url}/cancel`)
    expect((await mounted.get('/openapi.json')).json.servers).toEqual([{ url: '/jobs' }])
  })
})

describe('a trigger that cannot be accepted stores nothing', () => {
  afterEach(async () => {
    expect(await http.stored()).toBe(0)
  })

  test('an unknown task, before the body is looked at', async () => {
    for (const path of [
      'catalog/nothing',
      'Catalog/product_import',
      'catalog.product/import',
      '__proto__/constructor',
      '%00/%00',
      '%ff/%ff',
    ]) {
      const answer = await http.trigger(path, '{')
      expect([path, answer.status, answer.json.code]).toEqual([path, 404, 'unknown_task'])
    }
  })

  test('JSON that is not JSON, and where', async () => {
    const at = await http.trigger('demo/echo', '{"shop": "nord",}')
    expect(at.status).toBe(400)
    expect(at.json).toMatchObject({ code: 'malformed_json' })
    expect(at.json.detail).toContain('position 16 (line 1 column 17)')
    for (const body of ['', ' ', '{', "{'a':1}", 'NaN', '{"a":1}{}', '\u0000', '{"a":"\u0001"}', '[01]', 'undefined']) {
      expect([body, (await http.trigger('demo/echo', body)).json.code]).toEqual([body, 'malformed_json'])
    }
  })

  test('bytes that are not UTF-8', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0xfe, 0xff, 0x00, 0x7b],
    ]) {
      const answer = await http.post('/api/v1/demo/echo', { body: new Uint8Array(bytes), headers })
      expect([answer.status, answer.json.code]).toEqual([400, 'malformed_json'])
    }
  })

  test('a body that breaks off', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('connection reset')) })
    const answer = await http.post('/api/v1/demo/echo', { body, headers: { 'content-type': 'application/json' } })
    expect([answer.status, answer.json.code]).toEqual([400, 'incomplete_body'])
  })

  test('a content type other than JSON, or none at all for a body', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      '',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await http.post('/api/v1/demo/echo', { body: '{}', headers: { 'content-type': type } })
      expect([type, answer.status, answer.json.code]).toEqual([type, 415, 'unsupported_media_type'])
    }
    const untyped = await http.post('/api/v1/demo/echo', { body: new TextEncoder().encode('{}') })
    expect(untyped.status).toBe(415)
  })

  test('a compressed body', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    expect((await http.post('/api/v1/demo/echo', { body: '{}', headers })).status).toBe(415)
  })

  test('a body over the limit', async () => {
    const answer = await http.trigger('demo/echo', JSON.stringify('x'.repeat(9_999)))
    expect(answer.status).toBe(413)
    expect(answer.json).toMatchObject({ code: 'body_too_large', status: 413 })
    expect(answer.json.detail).toContain('10000 bytes')
  })

  test('a body that says that it is over the limit, without reading it', async () => {
    const pull = vi.fn()
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const headers = { 'content-type': 'application/json', 'content-length': '10001' }
    expect((await http.post('/api/v1/demo/echo', { body, headers })).status).toBe(413)
    expect(pull).not.toHaveBeenCalled()
  })

  test.each([undefined, '2', '-1', 'much'])(
    'an endless body with Content-Length %s, after reading no more than the limit',
    async (length) => {
      let sent = 0
      const cancel = vi.fn()
      const body = new ReadableStream(
        {
          pull(controller) {
            sent += 1000
            controller.enqueue(new Uint8Array(1000).fill(0x20))
          },
          cancel,
        },
        { highWaterMark: 0 },
      )
      const headers = { 'content-type': 'application/json', ...(length !== undefined && { 'content-length': length }) }
      expect((await http.post('/api/v1/demo/echo', { body, headers })).status).toBe(413)
      expect(sent).toBe(11_000)
      expect(cancel).toHaveBeenCalledOnce()
    },
  )

  test('input that does not fit the schema, naming each path', async () => {
    const answer = await http.post('/api/v1/catalog/product_import', {
      json: { rows: [{ sku: 'a', price: 1 }, { sku: 2 }] },
    })
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({
      type: '/problems/invalid_input',
      title: 'Invalid input',
      code: 'invalid_input',
    })
    expect(answer.json.errors.map(({ path, pointer }: { path: string; pointer: string }) => [path, pointer])).toEqual([
      ['shop', '#/shop'],
      ['rows.1.sku', '#/rows/1/sku'],
      ['rows.1.price', '#/rows/1/price'],
    ])
    for (const { message } of answer.json.errors) expect(message).not.toBe('')
  })

  test('input of another kind than an object', async () => {
    for (const body of ['[]', '"nord"', 'null', '7', 'true']) {
      const answer = await http.trigger('catalog/product_import', body)
      expect([body, answer.status]).toEqual([body, 422])
      expect(answer.json.errors).toMatchObject([{ path: '', pointer: '#' }])
    }
  })

  test('more wrong values than anybody reads are cut', async () => {
    const rows = Array.from({ length: 500 }, () => ({}))
    const answer = await http.post('/api/v1/catalog/product_import', { json: { shop: 'nord', rows } })
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toHaveLength(100)
    expect(answer.json.detail.length).toBeLessThanOrEqual(2000)
  })

  test.each(['slowly=yes', 'delay=soon', 'delay=-5m', 'priority=1001', 'priority=1.5', 'queue='])(
    'the query %s',
    async (query) => {
      const answer = await http.post(`/api/v1/demo/echo?${query}`)
      const [path] = query.split('=')
      expect([answer.status, answer.json.code, answer.json.errors[0].path]).toEqual([422, 'invalid_query', path])
    },
  )

  test('a queue with a name that cannot be one', async () => {
    expect((await http.post('/api/v1/demo/echo?queue=%00')).status).toBe(422)
  })
})

describe('a unique task', () => {
  test('is refused while a job of its key is active, with that job', async () => {
    const first = await http.trigger('catalog/product_import', '{"shop":"nord"}')
    const second = await http.trigger('catalog/product_import', '{"shop":"nord"}')
    expect(second.status).toBe(409)
    expect(second.json).toMatchObject({
      code: 'already_running',
      title: 'Already running',
      active_job_id: first.json.job_id,
      status_url: first.json.status_url,
    })
    expect((await http.trigger('catalog/product_import', '{"shop":"sued"}')).status).toBe(202)
    expect(await http.stored()).toBe(2)
  })

  test('is accepted again once that job rests', async () => {
    await http.failed(productImport, { shop: 'nord' })
    expect((await http.trigger('catalog/product_import', '{"shop":"nord"}')).status).toBe(202)
  })

  test('asked for at the same time by many gets one job', async () => {
    const asked = Array.from({ length: 20 }, () => http.trigger('catalog/product_import', '{"shop":"nord"}'))
    const answers = await Promise.all(asked)
    const accepted = answers.filter(({ status }) => status === 202)
    expect(accepted).toHaveLength(1)
    for (const { status, json } of answers) {
      if (status !== 202) expect([status, json.active_job_id]).toEqual([409, accepted[0]?.json.job_id])
    }
    expect(await http.stored()).toBe(1)
  })
})
