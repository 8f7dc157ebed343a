import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHarness, JOBS, openHttp } from './harness.conformance.ts'

let http: HttpHarness

beforeEach(async () => {
  http = await openHttp()
})

afterEach(async () => {
  expect(Object.keys(Object.prototype)).toEqual([])
  await http.store.close()
})

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

describe('refused with a path, and nothing is stored', () => {
  test.each<[what: string, body: string, path: string | null]>([
    ['nesting of 10,000 levels', nested(10_000), null],
    ['nesting of 500,000 levels', nested(500_000), null],
    ['objects nested 10,000 levels deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, null],
    ['__proto__ as a key', '{"a":[{"__proto__":{"isAdmin":true}}]}', 'a.0.__proto__'],
    ['__proto__ written with escapes', '{"\\u005f_proto__":{"isAdmin":true}}', '__proto__'],
    ['2^53 + 1', '{"order":{"id":9007199254740993}}', 'order.id'],
    ['a long number', '[12345678901234567890]', '0'],
    ['a negative one', '[1, -9007199254740993]', '1'],
    ['a number beyond every double', '{"n":1e999}', 'n'],
    ['five hundred digits', `[${'9'.repeat(500)}]`, '0'],
  ])('%s', async (_what, body, path) => {
    const answer = await http.trigger('demo/echo', body)
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_input'])
    expect(answer.json.errors).toHaveLength(1)
    if (path !== null) expect(answer.json.errors[0].path).toBe(path)
    expect(await http.stored()).toBe(0)
  })

  test('every number that loses digits is named', async () => {
    const answer = await http.trigger('demo/echo', '{"a":9007199254740993,"b":[9007199254740995]}')
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/a', '#/b/0'])
  })

  test('keys that no pointer or sentence can hold as they are', async () => {
    const answer = await http.trigger('demo/echo', '{"\\ud800 a/b~c\\u0000":{"__proto__":1}}')
    expect(answer.status).toBe(422)
    expect(answer.json.errors[0].pointer).toBe('#/%EF%BF%BD%20a~1b~0c%00/__proto__')
    expect(answer.json.detail.isWellFormed()).toBe(true)
  })

  test('a key that would be an enormous path', async () => {
    const answer = await http.trigger('demo/echo', `{${JSON.stringify('k'.repeat(500_000))}:{"__proto__":1}}`)
    expect(answer.status).toBe(422)
    expect(answer.text.length).toBeLessThan(10_000)
    expect(answer.json.errors[0]).not.toHaveProperty('pointer')
  })

  test('a hundred wrong values below an enormous key', async () => {
    const rows = Array.from({ length: 1000 }, () => '{"__proto__":1}').join(',')
    const answer = await http.trigger('demo/echo', `{${JSON.stringify('k'.repeat(500_000))}:[${rows}]}`)
    expect([answer.status, answer.json.errors.length]).toEqual([422, 100])
    expect(answer.text.length).toBeLessThan(100_000)
  })
})

describe('stored as it was sent', () => {
  test.each<[what: string, body: string]>([
    ['NUL', '{"a":"\\u0000","\\u0000":1}'],
    ['a lone surrogate', '{"a":"\\ud800","\\udfff":1}'],
    ['a string of 900,000 characters', JSON.stringify({ a: 'x'.repeat(900_000) })],
    ['a wide array', JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index))],
    [
      'keys that every object inherits',
      '{"constructor":{"prototype":{"a":1}},"toString":1,"hasOwnProperty":2,"toJSON":3}',
    ],
    ['nesting of 200 levels', nested(200)],
    ['2^53 - 1', '[9007199254740991,-9007199254740991]'],
    [
      'whole numbers beyond it that a double holds',
      '[9007199254740992,100000000000000000,12345678901234567000,1e300,1.5e17]',
    ],
    ['fractions', '[0.1,-0.0000001,12345678901234567.5]'],
    ['an empty key', '{"":{"":[]}}'],
  ])('%s', async (_what, body) => {
    const answer = await http.trigger('demo/echo', body)
    expect(answer.status).toBe(202)
    const detail = await http.get(`${JOBS}/${answer.json.job_id}`)
    expect(detail.status).toBe(200)
    expect(detail.json.input).toEqual(JSON.parse(body))
  })

  test('the last of two equal keys', async () => {
    const { json } = await http.trigger('demo/echo', '{"a":1,"a":2}')
    expect((await http.get(`${JOBS}/${json.job_id}`)).json.input).toEqual({ a: 2 })
  })
})

describe('a unique key that cannot be stored is refused', () => {
  test.each([
    ['with a NUL', '"\\u0000"'],
    ['with a lone surrogate', '"\\ud800"'],
    ['of 600 characters', JSON.stringify('x'.repeat(600))],
  ])('%s', async (_what, shop) => {
    const answer = await http.trigger('catalog/product_import', `{"shop":${shop}}`)
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_option'])
    expect(await http.stored()).toBe(0)
  })
})
