import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHarness, JOBS, NO_JOB, openHttp } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(() => http.store.close())

const HSTS = 'strict-transport-security'

describe('every answer', () => {
  test.each(['/healthz', '/openapi.json', JOBS, `${JOBS}/${NO_JOB}`, '/nowhere', '/%'])(
    'says what a browser must not do with it: %s',
    async (path) => {
      for (const token of [undefined, null]) {
        const { headers } = await http.send('GET', path, token === null ? { token } : {})
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
        expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/)
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('x-frame-options')).toBe('DENY')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get(HSTS)).toBeNull()
        expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      }
    },
  )

  test('asks for TLS only where it came over TLS', async () => {
    expect((await http.send('GET', '/healthz', { origin: 'https://backbeat.test' })).headers.get(HSTS)).toMatch(
      /max-age/,
    )
    const headers = { 'x-forwarded-proto': 'https' }
    expect((await http.send('GET', '/healthz', { headers })).headers.get(HSTS)).toBeNull()
    const behindProxy = await openHttp({ trustProxy: true })
    expect((await behindProxy.send('GET', '/healthz', { headers })).headers.get(HSTS)).toMatch(/max-age/)
    await behindProxy.store.close()
  })
})
