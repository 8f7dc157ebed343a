import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { storableText } from '../text.ts'
import { DEFAULT_POLICY, redactionPolicy } from './paths.ts'
import { Redactor } from './redactor.ts'
import { isSensitiveKey } from './sensitive-keys.ts'
import { hideSealed, Vault } from './vault.ts'

const vault = new Vault(() => ['a secret for tests'])

describe('a name tells that what it stands for is sensitive', () => {
  test.each([
    ...[
      'password',
      'PASSWORD',
      'db_password',
      'newPassword',
      'pass-phrase',
      'Passwd',
      'secret',
      'client-secret',
      'token',
    ],
    ...['access_token', 'refreshToken', 'Authorization', 'api_key', 'API-KEY', 'apiKey', 'x-api-key', 'private_key'],
    ...['card_number', 'cardNumber', 'credit-card', 'ccnum', 'cvv', 'CVC', 'pin', 'Set-Cookie', 'credentials'],
  ])('%s', (key) => {
    expect(isSensitiveKey(key)).toBe(true)
  })

  test.each([
    'name',
    'card',
    'tokens',
    'max_tokens',
    'secretary',
    'shipping',
    'keyword',
    'pan_european',
    'passport',
    'spin',
    '',
  ])('not %s', (key) => {
    expect(isSensitiveKey(key)).toBe(false)
  })
})

describe('what a task names is hidden', () => {
  const hide = (input: Json, ...paths: string[]) =>
    hideSealed(vault.seal('demo.echo', input, redactionPolicy(paths, 'demo.echo')))

  test.each<[paths: string[], input: Json, shown: Json]>([
    [
      ['card.number'],
      { card: { number: '4', holder: 'a' }, number: 1 },
      { card: { number: '[redacted]', holder: 'a' }, number: 1 },
    ],
    [
      ['rows.*.iban'],
      { rows: [{ iban: 'x' }, { iban: 'y', n: 1 }] },
      { rows: [{ iban: '[redacted]' }, { iban: '[redacted]', n: 1 }] },
    ],
    [['rows.iban'], { rows: [{ iban: 'x' }] }, { rows: [{ iban: '[redacted]' }] }],
    [['people.*.name'], { people: { a: { name: 'x' }, b: 1 } }, { people: { a: { name: '[redacted]' }, b: 1 } }],
    [['card'], { card: { number: '4' } }, { card: '[redacted]' }],
    [['a', 'b.c'], { a: null, b: { c: false } }, { a: null, b: { c: '[redacted]' } }],
    [['*.secret_id'], [{ secret_id: 5 }], [{ secret_id: '[redacted]' }]],
    [
      [],
      { password: 1, token: null, secret: true, apiKey: '' },
      { password: '[redacted]', token: null, secret: true, apiKey: '' },
    ],
    [['!page.token'], { page: { token: 'next' }, token: 'x' }, { page: { token: 'next' }, token: '[redacted]' }],
    [[], 'password', 'password'],
  ])('%j', (paths, input, shown) => {
    expect(hide(input, ...paths)).toEqual(shown)
  })

  test.each(['', '.', 'a..b', 'a.', '!', 5 as never])('a path that names nothing is refused: %j', (path) => {
    expect(() => redactionPolicy([path], 'demo.echo')).toThrow(expect.objectContaining({ code: 'invalid_task' }))
  })

  test('a value without anything sensitive is the same, not a copy', () => {
    const input = { a: [{ b: 1 }], c: 'd' }
    expect(vault.seal('demo.echo', input, redactionPolicy(['x.y'], 'demo.echo'))).toBe(input)
    expect(vault.open('demo.echo', input)).toBe(input)
  })
})

describe('what is sealed', () => {
  test('is opened as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const input = JSON.parse(JSON.stringify({ password: a, list: [{ iban: b }], other: b })) as Json
        const policy = redactionPolicy(['list.*.iban'], 'demo.echo')
        const sealed = JSON.parse(JSON.stringify(vault.seal('demo.echo', input, policy)))
        expect(vault.open('demo.echo', sealed)).toEqual(input)
      }),
    )
  })

  test('differs each time, and is good in its place and for its task only', () => {
    const input = { password: 'hunter2', other: 'x' }
    const one = vault.seal('demo.echo', input, DEFAULT_POLICY) as { password: string; other: string }
    expect(vault.seal('demo.echo', input, DEFAULT_POLICY)).not.toEqual(one)
    const refused = expect.objectContaining({ code: 'cannot_open_input' })
    expect(() => vault.open('demo.other', one)).toThrow(refused)
    expect(() => vault.open('demo.echo', { password: 'x', other: one.password })).toThrow(refused)
    const middle = Math.floor(one.password.length / 2)
    const changed = `${one.password.slice(0, middle)}${one.password[middle] === 'A' ? 'B' : 'A'}${one.password.slice(middle + 1)}`
    expect(() => vault.open('demo.echo', { password: changed })).toThrow(refused)
    expect(() => vault.open('demo.echo', { password: one.password.slice(0, 30) })).toThrow(refused)
    expect(() => new Vault(() => ['another']).open('demo.echo', one)).toThrow(refused)
    expect(new Vault(() => ['another', 'a secret for tests']).open('demo.echo', one)).toEqual(input)
  })

  test('cannot be smuggled in: what only looks sealed comes out as it went in', () => {
    const { password } = vault.seal('demo.echo', { password: 'hunter2' }, DEFAULT_POLICY) as { password: string }
    const input = { copied: password, forged: 'backbeat-sealed:1:x:y', nested: [password] }
    const sealed = vault.seal('demo.echo', input, DEFAULT_POLICY)
    expect(vault.open('demo.echo', sealed)).toEqual(input)
  })

  test('needs a secret, and says where', () => {
    const none = new Vault(() => [])
    expect(none.canSeal).toBe(false)
    expect(() => none.seal('demo.echo', { a: [{ token: 'x' }] }, DEFAULT_POLICY)).toThrow(
      expect.objectContaining({ code: 'secret_missing', message: expect.stringContaining('a.0.token') }),
    )
    expect(none.seal('demo.echo', { a: 1 }, DEFAULT_POLICY)).toEqual({ a: 1 })
  })
})

describe('a redactor', () => {
  test('hides what was sensitive in the input wherever it turns up, the longest first', () => {
    const redactor = new Redactor({ password: 'abcdef', token: 'abcdefghij', pin: 1234, cvv: 123456 }, DEFAULT_POLICY)
    expect(redactor.text('abcdefghij abcdef abcde 1234 123456')).toBe('[redacted] [redacted] abcde 1234 [redacted]')
    expect(redactor.json({ a: ['x abcdef'], secret: { any: 1 } })).toEqual({
      a: ['x [redacted]'],
      secret: '[redacted]',
    })
    expect(redactor.json('abcdef')).toBe('[redacted]')
  })

  test('hides every value of what is hidden as a whole', () => {
    const redactor = new Redactor(
      { card: { no: 4111111111, holder: { name: 'Ana Perez' } } },
      redactionPolicy(['card'], 't.t'),
    )
    expect(redactor.text('4111111111 of Ana Perez')).toBe('[redacted] of [redacted]')
  })

  test('knows a secret in JSON, in a URL, as a number, and cut off at the end of a text', () => {
    const redactor = new Redactor({ password: 'p"ss w\u00f6rd', pin: 123456 }, DEFAULT_POLICY)
    expect(redactor.text(JSON.stringify({ a: 'p"ss w\u00f6rd' }))).toBe('{"a":"[redacted]"}')
    expect(redactor.text(`?p=${encodeURIComponent('p"ss w\u00f6rd')}`)).toBe('?p=[redacted]')
    expect(redactor.json([123456, 1234567])).toEqual(['[redacted]', 1234567])
    expect(redactor.json(123456)).toBe('[redacted]')
    expect(redactor.text(storableText(`${'x'.repeat(70)}p"ss w\u00f6rd and much more of it`, 90))).toMatch(
      /x\[redacted\] … \(\d+ more\)$/,
    )
  })
})
