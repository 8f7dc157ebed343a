import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHarness, JOBS, NO_JOB, openHttp, productImport } from './harness.conformance.ts'
import { attemptSchema, itemSchema, jobDetailSchema, jobSchema, jobSummarySchema, pageOf } from './schemas/job.ts'
import { problemSchema } from './schemas/problem.ts'
import { acceptedSchema, retryAcceptedSchema } from './schemas/trigger.ts'

let http: HttpHarness
// biome-ignore lint/suspicious/noExplicitAny: the document is looked into from many sides
let document: any

beforeEach(async () => {
  http = await openHttp()
  document = (await http.send('GET', '/openapi.json', { token: null })).json
})

afterEach(() => http.store.close())

// biome-ignore lint/suspicious/noExplicitAny: as above
function operations(): [name: string, operation: any][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as object).map(([method, operation]): [string, unknown] => [`${method} ${path}`, operation]),
  )
}

describe('the OpenAPI document', () => {
  test('is one of OpenAPI 3.1 with every operation, each with a name of its own', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(operations().map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'get /healthz',
        'get /readyz',
        'get /openapi.json',
        'get /metrics',
        `get ${JOBS}`,
        `get ${JOBS}/events`,
        `get ${JOBS}/{job_id}/events`,
        `get ${JOBS}/{job_id}`,
        `get ${JOBS}/{job_id}/items`,
        `get ${JOBS}/{job_id}/logs`,
        `get ${JOBS}/{job_id}/attempts`,
        `post ${JOBS}/{job_id}/retry`,
        `post ${JOBS}/{job_id}/retry-failed-items`,
        `post ${JOBS}/{job_id}/cancel`,
        `get ${JOBS}/{job_id}/explain`,
        `get ${JOBS}/running`,
        `get ${JOBS}/stats`,
        `get ${JOBS}/tasks`,
        `get ${JOBS}/errors`,
        `get ${JOBS}/health`,
        `get ${JOBS}/settings`,
        `post ${JOBS}/bulk`,
        `get ${JOBS}/queues`,
        `patch ${JOBS}/queues/{queue}`,
        `post ${JOBS}/queues/{queue}/pause`,
        `post ${JOBS}/queues/{queue}/drain`,
        `post ${JOBS}/queues/{queue}/resume`,
        `get ${JOBS}/workers`,
        `post ${JOBS}/workers/{worker}/quiet`,
        `post ${JOBS}/workers/{worker}/resume`,
        `post ${JOBS}/workers/{worker}/stop`,
        `post ${JOBS}/workers/{worker}/resize`,
        'post /api/v1/{domain}/{action}',
        'post /api/v1/admin/session',
        'get /api/v1/admin/audit-log',
      ]),
    )
    const ids = operations().map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(undefined)
  })

  test('asks for a token or a session everywhere but at the public paths', () => {
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
    expect(document.components.securitySchemes.cookie).toMatchObject({ type: 'apiKey', in: 'cookie' })
    const both = [{ bearer: [] }, { cookie: [] }]
    expect(document.security).toEqual(both)
    for (const [name, { security, responses, ...operation }] of operations()) {
      if (security.length === 0) continue
      expect([name, security]).toEqual([name, both])
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401', '403'])])
      expect(operation).toHaveProperty('x-permission')
    }
    const open = operations().filter(([, { security }]) => security?.length === 0)
    expect(open.map(([name]) => name)).toEqual([
      'get /healthz',
      'get /readyz',
      'get /openapi.json',
      'post /api/v1/admin/session',
    ])
  })

  test('answers every error with a problem', () => {
    for (const [name, { responses, security }] of operations()) {
      if (security.length > 0)
        expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401', '422', '500'])])
      for (const [status, response] of Object.entries<{ content: object }>(responses)) {
        if (Number(status) < 400) continue
        expect([name, response.content]).toEqual([
          name,
          { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        ])
      }
    }
    expect(Object.keys(document.paths['/api/v1/{domain}/{action}'].post.responses)).toEqual(
      expect.arrayContaining(['202', '400', '401', '404', '409', '413', '415', '422', '500']),
    )
  })

  test('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    )
    expect(refs).toContain('CancelRequest')
    for (const name of refs) expect(document.components.schemas).toHaveProperty(name as string)
  })

  test('names the limits and words of the list', () => {
    const { parameters } = document.paths[JOBS].get
    const limit = parameters.find(({ name }: { name: string }) => name === 'limit')
    expect(limit.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
    expect(document.components.schemas.Job.required).toEqual(
      expect.arrayContaining(['input', 'result', 'progress_meta']),
    )
  })
})

describe('answers are what the document says', () => {
  test('in every kind of answer', async () => {
    const failed = await http.failed(productImport, { shop: 'nord' })
    const partly = await http.partlyFailed()
    const exact = (schema: { parse(value: unknown): unknown }, json: unknown) =>
      expect(schema.parse(json)).toEqual(json)
    exact(acceptedSchema, (await http.trigger('demo/echo', '{}')).json)
    exact(pageOf(jobSummarySchema), (await http.get(JOBS)).json)
    exact(jobDetailSchema, (await http.get(`${JOBS}/${failed}`)).json)
    exact(jobDetailSchema, (await http.get(`${JOBS}/${partly}`)).json)
    exact(pageOf(itemSchema), (await http.get(`${JOBS}/${partly}/items`)).json)
    exact(attemptSchema.array(), (await http.get(`${JOBS}/${failed}/attempts`)).json.items)
    exact(retryAcceptedSchema, (await http.post(`${JOBS}/${failed}/retry`)).json)
    exact(problemSchema, (await http.post(`${JOBS}/${failed}/retry`)).json)
    exact(jobSchema, (await http.post(`${JOBS}/${await http.enqueue()}/cancel`)).json)
    exact(problemSchema, (await http.get(`${JOBS}/${NO_JOB}`)).json)
    exact(problemSchema, (await http.trigger('catalog/product_import', '{}')).json)
  })
})
