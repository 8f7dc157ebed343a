import { describe, expect, test } from 'vitest'
import { type Exposure, signsDeveloperIn } from './exposure.ts'
import { checkProduction } from './production.ts'

const laptop: Exposure = {
  host: '127.0.0.1',
  isProduction: false,
  hasAdminToken: false,
  hasAuthenticate: false,
  hasAccounts: false,
}

describe('an API that nobody could sign in to', () => {
  test.each(['127.0.0.1', 'localhost', '::1', '127.1.2.3'])("is the developer's on %s", (host) => {
    expect(signsDeveloperIn({ ...laptop, host })).toBe(true)
  })

  test.each(['0.0.0.0', '::', '', '10.0.0.1', 'example.com', 'localhost.example.com', '127.0.0.1.example.com'])(
    'is refused on "%s", and it is said what to set',
    (host) => {
      expect(() => signsDeveloperIn({ ...laptop, host })).toThrow(
        expect.objectContaining({ code: 'no_credentials', message: expect.stringContaining('BACKBEAT_ADMIN_TOKEN') }),
      )
    },
  )

  test('is refused in production, wherever it is', () => {
    expect(() => signsDeveloperIn({ ...laptop, isProduction: true })).toThrow(/This is production/)
  })
})

test.each(['hasAdminToken', 'hasAuthenticate', 'hasAccounts'] as const)(
  'nobody is signed in without being asked where there is a way to: %s',
  (way) => {
    for (const host of ['127.0.0.1', '0.0.0.0']) expect(signsDeveloperIn({ ...laptop, host, [way]: true })).toBe(false)
  },
)

describe('production', () => {
  const check = (services: Record<string, string | undefined>, allowsLocal = false) =>
    checkProduction({ services, secrets: {}, allowsLocal })

  test.each([
    'postgres://app@localhost/app',
    'postgres://app@127.0.0.1:5432/app',
    'redis://[::1]:6379',
    'amqp://localhost',
    'sqlite::memory:',
    'postgres://app@localhost./app',
    'postgres://app@127.1/app',
    'postgres://app@[::ffff:127.0.0.1]/app',
    'postgres://app@[::ffff:0.0.0.0]/app',
    'postgres://app@db.localhost/app',
    'postgres://app@db.internal/app?host=0:0:0:0:0:0:0:1',
    'postgres://app@db.internal/app?host=::1%25lo',
    'postgres://app@0.0.0.0:5432/app',
    'postgres://app@[::]/app',
    'postgres:///app',
    'postgres://app@/app',
    'postgres://%2Fvar%2Frun%2Fpostgresql/app',
    'postgres://app@db.internal/app?host=localhost',
    'postgres://app@db.internal/app?host=%2Fvar%2Frun%2Fpostgresql',
  ])('refuses %s, unless it is meant', (url) => {
    expect(() => check({ store: url })).toThrow(
      expect.objectContaining({ code: 'local_service', message: expect.stringContaining('BACKBEAT_ALLOW_LOCAL') }),
    )
    expect(check({ store: url }, true)).toEqual(['store'])
  })

  test.each([
    'postgres://app:Zk8nQ@db.internal/app',
    'postgres://app@localhost/app?host=db.internal',
    'postgres://app@10.0.0.1/app',
    'postgres://app@[::ffff:10.0.0.1]/app',
    'postgres://app:%zz@db.internal/app',
    'sqlite:/var/lib/app/backbeat.db',
    undefined,
  ])('takes %s', (url) => {
    expect(check({ store: url })).toEqual([])
  })

  test.each([
    'postgres://postgres:postgres@db.internal/app',
    'amqp://guest:guest@mq.internal',
    'redis://:changeme1@r',
    'postgres://app@db.internal/app?password=postgres',
  ])('refuses the password in %s, and does not repeat it', (url) => {
    expect(() => check({ store: url }, true)).toThrow(expect.objectContaining({ code: 'default_secret' }))
    expect(() => check({ store: url }, true)).not.toThrow(/postgres:|guest:|changeme/)
  })

  test.each(['q8Kx0aZ3mN5vB7cD,short', 'changeme,changeme1', ''])(
    'refuses a list with one such in it: %s',
    (secret) => {
      expect(() => checkProduction({ services: {}, secrets: { secret }, allowsLocal: true })).toThrow(/secret is short/)
    },
  )

  test.each(['short', 'changemechangeme', 'change-me-change-me', 'secretsecretsecret', '0000000000000000'])(
    'refuses the secret %s',
    (adminToken) => {
      expect(() => checkProduction({ services: {}, secrets: { adminToken }, allowsLocal: true })).toThrow(
        expect.objectContaining({ code: 'default_secret', message: expect.stringContaining('adminToken') }),
      )
    },
  )

  test('takes a random secret', () => {
    const secrets = { adminToken: 'q8Kx0aZ3mN5vB7cD', other: undefined }
    expect(() => checkProduction({ services: {}, secrets, allowsLocal: false })).not.toThrow()
  })
})
