import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { WorkerReport } from '../store/store.ts'
import { task } from '../task/define.ts'
import { echo, type HttpHarness, openHttp, TOKEN } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp({ metricsToken: 'scrape-me' })
})

afterEach(() => http.store.close())

const bearer = (token: string) => ({ token: null, headers: { authorization: `Bearer ${token}` } })

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into from many sides
type Document = any

/** What a JSON pointer points to, RFC 6901. */
function at(document: Document, reference: string): Document {
  const keys = decodeURIComponent(reference).slice('#/'.length).split('/')
  return keys.reduce((found: Document, key) => found?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

function bodyOf(document: Document, path: string): Document {
  return at(document, document.paths[path].post.requestBody.content['application/json'].schema.$ref)
}

function referencesIn(value: Document): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries<Document>(value).flatMap(([key, entry]) => {
    if (entry?.$ref === '#/kept') return []
    return key === '$ref' && typeof entry === 'string' ? [entry] : referencesIn(entry)
  })
}

describe('the document for who may start tasks', () => {
  test('has an operation for each task, with the schema of its input', async () => {
    const { json } = await http.get('/openapi.json')
    const operation = json.paths['/api/v1/catalog/product-import'].post
    expect(operation).toMatchObject({ operationId: 'start_catalog.product_import', tags: ['catalog'] })
    expect(bodyOf(json, '/api/v1/catalog/product-import')).toMatchObject({
      type: 'object',
      properties: { shop: { type: 'string' }, rows: { type: 'array' } },
      required: ['shop'],
    })
    expect(operation.parameters.map(({ name }: { name: string }) => name)).toEqual([
      'Idempotency-Key',
      'queue',
      'priority',
      'delay',
    ])
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['202', '401', '409', '422']))
    expect(Object.keys(json.paths)).toEqual(
      expect.arrayContaining(['/api/v1/payments/process', '/api/v1/demo/echo', '/api/v1/{domain}/{action}']),
    )
    expect((await http.post('/api/v1/catalog/product-import', { json: { shop: 'nord' } })).status).toBe(202)
  })

  test('holds everything that the schemas of the tasks refer to', async () => {
    interface Tree {
      name: string
      children?: Tree[] | undefined
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(tree).optional() }))
    const place = z.object({ street: z.string() }).meta({ id: 'Place' })
    const like = z.object({ $ref: z.literal('#/kept') }).default({ $ref: '#/kept' })
    const other = z.object({ street: z.number() }).meta({ id: 'Place ' })
    const tasks = [
      task({ name: 'demo.tree', input: tree, run: () => undefined }),
      task({
        name: 'demo.places',
        input: z.object({ from: place, default: place, like, other }),
        run: () => undefined,
      }),
    ]
    const linked = await openHttp({}, tasks)
    const { json } = await linked.get('/openapi.json')
    const references = referencesIn(json)
    expect(references).toContain('#/components/schemas/demo.places')
    for (const reference of references) expect([reference, at(json, reference)]).toEqual([reference, expect.anything()])
    const places = bodyOf(json, '/api/v1/demo/places')
    expect(at(json, places.properties.from.$ref)).toMatchObject({ properties: { street: { type: 'string' } } })
    expect(places.properties.like).toMatchObject({ default: { $ref: '#/kept' } })
    const root = bodyOf(json, '/api/v1/demo/tree')
    const { children } = (root.$ref ? at(json, root.$ref) : root).properties
    expect(at(json, children.items.$ref)).toHaveProperty('properties.name')
    await linked.store.close()
  })

  test('names each operation differently, however alike the tasks are called', async () => {
    const tasks = ['a_b.c', 'a.b_c'].map((name) => task({ name, input: z.object({}), run: () => undefined }))
    const alike = await openHttp({}, tasks)
    const { paths } = (await alike.get('/openapi.json')).json
    expect(paths['/api/v1/a-b/c'].post.operationId).not.toBe(paths['/api/v1/a/b-c'].post.operationId)
    await alike.store.close()
  })

  test('has none for strangers, and those that one may start for who is limited', async () => {
    for (const sent of [{ token: null }, bearer('wrong')]) {
      const { status, json } = await http.send('GET', '/openapi.json', sent)
      expect([status, json.paths['/api/v1/demo/echo']]).toEqual([200, undefined])
    }
    const limited = await openHttp({ authenticate: () => ({ name: 'ana', starts: ['demo.*'] }) })
    const { json } = await limited.send('GET', '/openapi.json', { token: null })
    expect(json.paths['/api/v1/demo/echo']).toBeDefined()
    expect(json.paths['/api/v1/payments/process']).toBeUndefined()
    await limited.store.close()
  })
})

describe('the reference for people', () => {
  test('is a page that loads nothing from elsewhere and holds no script itself', async () => {
    const { status, text, headers } = await http.send('GET', '/docs', { token: null })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(text).not.toMatch(/https?:|<script>|<style| on\w+=| style=/)
    const assets = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => `/${path}`)
    expect(assets).toEqual(['/docs/docs.css', '/docs/docs.js', '/openapi.json'])
    for (const path of assets) {
      const asset = await http.send('GET', path, { token: null })
      expect([path, asset.status, asset.headers.get('x-content-type-options')]).toEqual([path, 200, 'nosniff'])
    }
  })

  test('writes nothing as HTML that comes from outside', async () => {
    const { text } = await http.send('GET', '/docs/docs.js', { token: null })
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacent|eval\(|Function\(|document\.write/)
  })
})

describe('metrics', () => {
  const aWorker: WorkerReport = {
    name: 'shop "1"',
    host: 'shop-1',
    pid: 1,
    version: '1.0.0',
    queues: null,
    pool: 'threads',
    leaseMs: 15_000,
    state: 'running',
    slots: 10,
    running: 2,
    memoryBytes: 1000,
    eventLoopLagMs: 250,
  }

  test('are text that Prometheus reads', async () => {
    await http.completed()
    await http.enqueue()
    await http.enqueue(echo)
    await http.store.reportWorker(aWorker)
    http.clock.advance('1m')
    while (await http.store.insights.rollUp());
    const { status, text, headers } = await http.get('/metrics')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const lines = text.split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE backbeat_jobs gauge',
        'backbeat_jobs{queue="default",status="pending"} 2',
        'backbeat_jobs_due{queue="default",status="pending"} 2',
        '# TYPE backbeat_jobs_finished_total counter',
        'backbeat_jobs_finished_total{task="demo.echo",status="completed"} 1',
        'backbeat_workers{state="silent"} 1',
        'backbeat_worker_slots{worker="shop \\"1\\""} 10',
        'backbeat_worker_event_loop_lag_seconds{worker="shop \\"1\\""} 0.25',
      ]),
    )
    for (const line of lines) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? [\d.e+-]+|)$/,
      )
    }
  })

  test('are for who may view, and for the metrics token, which may do nothing else', async () => {
    expect((await http.send('GET', '/metrics', { token: null })).status).toBe(401)
    expect((await http.send('GET', '/metrics', bearer('wrong'))).status).toBe(401)
    expect((await http.send('GET', '/metrics', bearer('scrape-me'))).status).toBe(200)
    expect((await http.send('GET', '/metrics', bearer(TOKEN))).status).toBe(200)
    expect((await http.send('GET', '/api/v1/admin/background-tasks', bearer('scrape-me'))).status).toBe(401)
    const starter = await openHttp({ authenticate: () => ({ name: 'ana', starts: ['*'] }) })
    expect((await starter.send('GET', '/metrics', { token: null })).status).toBe(403)
    await starter.store.close()
  })
})

describe('a base path', () => {
  test.each(['/jobs', '/a/b', '/api', '/docs'])(
    '%s is taken off, unless the framework around has done so',
    async (base) => {
      const mounted = await openHttp({ basePath: base })
      for (const path of ['/healthz', '/api/v1/admin/background-tasks', '/docs/docs.js', '/openapi.json']) {
        expect([path, (await mounted.get(path)).status]).toEqual([path, 200])
        expect([path, (await mounted.get(`${base}${path}`)).status]).toEqual([path, 200])
      }
      const { json } = await mounted.post(`${base}/api/v1/demo/echo`, { json: {} })
      expect(json.status_url).toBe(`${base}/api/v1/admin/background-tasks/${json.job_id}`)
      expect((await mounted.get(`${base}${base}/healthz`)).status).toBe(404)
      expect((await mounted.get(`${base}x/healthz`)).status).toBe(404)
      await mounted.store.close()
    },
  )

  test.each(['jobs', '/jobs?x', 'https://host/jobs', '//', '/a b'])('"%s" is none', async (basePath) => {
    await expect(openHttp({ basePath })).rejects.toMatchObject({ code: 'invalid_option' })
  })
})
