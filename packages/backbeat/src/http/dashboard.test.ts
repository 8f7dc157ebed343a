import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { OpenAPIHono } from '@hono/zod-openapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BackbeatError } from '../errors.ts'
import { DashboardFiles } from './dashboard-files.ts'
import { openHttp } from './harness.conformance.ts'
import type { HttpEnv } from './http-parts.ts'
import { addDashboardRoutes } from './routes/dashboard.ts'

const ROOT = '/admin/background-tasks'
const SCRIPT = 'console.log("Backbeat")'
const folder = mkdtempSync(join(tmpdir(), 'dashboard-'))

beforeAll(() => {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script src="./assets/index-abc.js"></script>')
  writeFileSync(join(folder, 'assets', 'index-abc.js'), SCRIPT)
  writeFileSync(join(folder, 'secret.txt'), 'secret')
})
afterAll(() => rmSync(folder, { recursive: true }))

function get(path: string, headers: Record<string, string> = {}, at = folder) {
  const app = new OpenAPIHono<HttpEnv>()
  app.onError((error) => Response.json({}, { status: error instanceof BackbeatError ? error.status : 500 }))
  addDashboardRoutes(app, new DashboardFiles([pathToFileURL(`${at}/`)]))
  return app.request(path, { headers })
}

describe('the dashboard', () => {
  test('is a page whose addresses are relative to the screen that is asked for', async () => {
    const cases = { '/': './', '/jobs': './', '/jobs/1': '../', '/a/b/c': '../../' }
    for (const [path, upwards] of Object.entries(cases)) {
      const answer = await get(`${ROOT}${path}`)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain(`src="${upwards}assets/index-abc.js"`)
    }
  })

  test('is found without its last slash, wherever it is mounted', async () => {
    const answer = await get(ROOT)
    expect([answer.status, answer.headers.get('location')]).toEqual([308, 'background-tasks/'])
  })

  test('lets browsers keep its assets for good, compressed where they say so', async () => {
    const path = `${ROOT}/assets/index-abc.js`
    const plain = await get(path)
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(await plain.text()).toBe(SCRIPT)
    const compressed = await get(path, { 'accept-encoding': 'gzip, br;q=0.9' })
    expect(compressed.headers.get('content-encoding')).toBe('br')
    expect(brotliDecompressSync(Buffer.from(await compressed.arrayBuffer())).toString()).toBe(SCRIPT)
    expect((await get(path, { 'accept-encoding': 'gzip, br;q=0' })).headers.get('content-encoding')).toBeNull()
  })

  test('serves what its build wrote, and no other file', async () => {
    for (const name of ['..%2fsecret.txt', '%2e%2e%2fsecret.txt', 'nothing.js', 'constructor']) {
      const answer = await get(`${ROOT}/assets/${name}`)
      expect(answer.status).toBe(404)
    }
  })

  test('says what to do where it was not built', async () => {
    expect((await get(`${ROOT}/`, {}, tmpdir())).status).toBe(503)
  })

  test('is public, may run no script but its own, and is asked for anew each time', async () => {
    const http = await openHttp()
    const answer = await http.send('GET', `${ROOT}/jobs`, { token: null })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    await http.store.close()
  })
})
