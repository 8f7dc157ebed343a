import { v7 } from 'uuid'
import { describe, expect, test } from 'vitest'
import type { NewApiToken, NewUser } from '../access-records.ts'
import { anAuditEntry } from './fixtures.conformance.ts'
import type { Suite } from './suite.conformance.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function aUser(overrides: Partial<NewUser> = {}): NewUser {
  return { id: v7(), name: 'ana', role: 'admin', passwordHash: '$scrypt$ana', ...overrides }
}

function aToken(overrides: Partial<NewApiToken> = {}): NewApiToken {
  const token = { id: v7(), name: 'ci', hash: 'hash-of-ci', permission: 'background_tasks.manage' as const }
  return { ...token, tasks: ['catalog.*'], createdBy: 'manual:root', lifetimeMs: null, ...overrides }
}

/** Who may use the API. */
export function access(suite: Suite): void {
  const { openOne } = suite
  const records = () => suite.store.access
  const actions = async () => (await records().auditLog({}, { limit: 100 })).entries.map(({ action }) => action)

  describe('users', () => {
    test('are kept by a name that only one has', async () => {
      expect(await records().hasUsers()).toBe(false)
      const ana = aUser()
      const shown = { id: ana.id, name: 'ana', role: 'admin', createdAt: suite.clock.now(), disabledAt: null }
      expect(await records().addUser(ana, anAuditEntry())).toEqual(shown)
      expect(await records().addUser(aUser({ role: 'viewer' }), anAuditEntry())).toBeUndefined()
      await records().addUser(aUser({ name: 'aaron', role: 'viewer' }), anAuditEntry())
      expect(await records().findUser('ana')).toEqual({ ...shown, passwordHash: '$scrypt$ana' })
      expect(await records().findUser('ben')).toBeUndefined()
      expect((await records().users()).map(({ name }) => name)).toEqual(['aaron', 'ana'])
      expect(await records().hasUsers()).toBe(true)
      expect(await actions()).toEqual(['user.create', 'user.create'])
    })

    test('of the same name at once leave one', async () => {
      const added = await Promise.all(Array.from({ length: 10 }, () => records().addUser(aUser(), anAuditEntry())))
      expect(added.filter(Boolean)).toHaveLength(1)
      expect(await actions()).toHaveLength(1)
    })

    test('change, and what they were is answered', async () => {
      await records().addUser(aUser(), anAuditEntry())
      await records().addUser(aUser({ name: 'ben', role: 'viewer' }), anAuditEntry())
      expect(
        await records().changeUser('ben', { role: 'operator' }, anAuditEntry({ action: 'user.change' })),
      ).toMatchObject({
        kind: 'changed',
        before: { name: 'ben', role: 'viewer' },
        after: { name: 'ben', role: 'operator', disabledAt: null },
      })
      suite.clock.advance('1s')
      const disabled = await records().changeUser('ben', { disabled: true }, anAuditEntry())
      expect(disabled).toMatchObject({ after: { role: 'operator', disabledAt: suite.clock.now() } })
      expect(await records().changeUser('ben', { disabled: false }, anAuditEntry())).toMatchObject({
        after: { disabledAt: null },
      })
      expect(await records().changeUser('carl', { role: 'viewer' }, anAuditEntry())).toEqual({ kind: 'unknown' })
      expect((await actions())[2]).toBe('user.change')
      expect(await actions()).toHaveLength(5)
    })

    test.each([{ disabled: true }, { role: 'operator' as const }])(
      'the last who may administer stays so: %j',
      async (change) => {
        await records().addUser(aUser(), anAuditEntry())
        await records().addUser(aUser({ name: 'ben', role: 'admin' }), anAuditEntry())
        await records().addUser(aUser({ name: 'carl', role: 'viewer' }), anAuditEntry())
        expect(await records().changeUser('ben', change, anAuditEntry())).toMatchObject({ kind: 'changed' })
        expect(await records().changeUser('ana', change, anAuditEntry())).toEqual({ kind: 'last_admin' })
        expect(await records().findUser('ana')).toMatchObject({ role: 'admin', disabledAt: null })
        expect(await actions()).toHaveLength(4)
      },
    )

    test('two who disable each other at once leave one', async () => {
      for (let round = 0; round < 5; round++) {
        const names = [`ana${round}`, `ben${round}`]
        for (const name of names) await records().addUser(aUser({ name }), anAuditEntry())
        for (const { name } of await records().users()) {
          if (!names.includes(name)) await records().changeUser(name, { disabled: true }, anAuditEntry())
        }
        const changed = await Promise.all(
          names.map((name) => records().changeUser(name, { disabled: true }, anAuditEntry())),
        )
        expect(changed.map(({ kind }) => kind).sort()).toEqual(['changed', 'last_admin'])
      }
    })

    test('who are all disabled are none that may sign in', async () => {
      await records().addUser(aUser({ role: 'viewer' }), anAuditEntry())
      await records().changeUser('ana', { disabled: true }, anAuditEntry())
      expect(await records().hasUsers()).toBe(false)
    })

    test('another password ends every session but the one it was changed in, where the old one is still right', async () => {
      const ana = aUser()
      await records().addUser(ana, anAuditEntry())
      await records().addUser(aUser({ name: 'ben' }), anAuditEntry())
      const ben = await records().findUser('ben')
      for (const hash of ['kept', 'other']) {
        await records().addSession({ hash, userId: ana.id, lifetimeMs: DAY_MS }, null, anAuditEntry())
      }
      await records().addSession({ hash: 'of-ben', userId: ben?.id ?? '', lifetimeMs: DAY_MS }, null, anAuditEntry())
      const change = { userId: ana.id, oldHash: '$scrypt$ana', newHash: '$scrypt$new', keptSession: 'kept' }
      const entry = anAuditEntry({ action: 'user.change_password' })
      const open = async () => {
        const users = await Promise.all(['kept', 'other', 'of-ben'].map((hash) => records().useSession(hash, HOUR_MS)))
        return users.map((user) => user?.name)
      }
      expect(await records().changePassword({ ...change, oldHash: '$scrypt$wrong' }, entry)).toBe(false)
      expect(await open()).toEqual(['ana', 'ana', 'ben'])
      const changed = await Promise.all([
        records().changePassword(change, entry),
        records().changePassword({ ...change, newHash: '$scrypt$newer' }, entry),
      ])
      expect(changed.filter(Boolean)).toHaveLength(1)
      expect(await open()).toEqual(['ana', undefined, 'ben'])
      expect((await records().findUser('ana'))?.passwordHash).toBe(changed[0] ? '$scrypt$new' : '$scrypt$newer')
      expect((await actions()).filter((action) => action === 'user.change_password')).toHaveLength(1)
    })

    test('a password is hashed anew only where it is still the same', async () => {
      const ana = aUser()
      await records().addUser(ana, anAuditEntry())
      await records().replaceHash(ana.id, '$scrypt$other', '$scrypt$wrong')
      expect((await records().findUser('ana'))?.passwordHash).toBe('$scrypt$ana')
      await records().replaceHash(ana.id, '$scrypt$ana', '$scrypt$new')
      expect((await records().findUser('ana'))?.passwordHash).toBe('$scrypt$new')
    })
  })

  describe('sessions', () => {
    const ana = aUser()
    const begin = async (hash: string, replaces: string | null = null) => {
      await records().addUser(ana, anAuditEntry())
      await records().addSession({ hash, userId: ana.id, lifetimeMs: DAY_MS }, replaces, anAuditEntry())
    }
    const isOpen = async (hash: string) => (await records().useSession(hash, HOUR_MS))?.name === 'ana'

    test('are their user until they expire', async () => {
      await begin('s1')
      expect(await records().useSession('s1', HOUR_MS)).toMatchObject({ name: 'ana', role: 'admin' })
      expect(await isOpen('s2')).toBe(false)
      for (let hours = 0; hours < 47; hours++) {
        suite.clock.advance('30m')
        expect(await isOpen('s1')).toBe(true)
      }
      suite.clock.advance('30m')
      expect(await isOpen('s1')).toBe(false)
    })

    test('end when they are not used for long', async () => {
      await begin('s1')
      suite.clock.advance('59m')
      expect(await isOpen('s1')).toBe(true)
      suite.clock.advance('61m')
      expect(await isOpen('s1')).toBe(false)
    })

    test('give way to the next of the same browser, and are removed', async () => {
      await begin('s1')
      await begin('s2', 's1')
      expect([await isOpen('s1'), await isOpen('s2')]).toEqual([false, true])
      await records().removeSession('s2', anAuditEntry({ action: 'session.sign_out' }))
      expect(await isOpen('s2')).toBe(false)
      expect((await actions())[0]).toBe('session.sign_out')
    })

    test.each([{ disabled: true }, { passwordHash: '$scrypt$new' }])('all end with %j', async (change) => {
      await records().addUser(aUser({ name: 'other' }), anAuditEntry())
      await begin('s1')
      await begin('s2')
      await records().changeUser('ana', change, anAuditEntry())
      await records().changeUser('ana', { disabled: false }, anAuditEntry())
      expect([await isOpen('s1'), await isOpen('s2')]).toEqual([false, false])
    })

    test('follow the role of their user', async () => {
      await records().addUser(aUser({ name: 'other' }), anAuditEntry())
      await begin('s1')
      await records().changeUser('ana', { role: 'viewer' }, anAuditEntry())
      expect(await records().useSession('s1', HOUR_MS)).toMatchObject({ role: 'viewer' })
    })
  })

  describe('tokens', () => {
    test('are found by their hash, and by a name that only one ever had', async () => {
      const ci = aToken()
      expect(await records().addToken(ci, anAuditEntry())).toMatchObject({
        id: ci.id,
        name: 'ci',
        tasks: ['catalog.*'],
      })
      expect(await records().addToken(aToken({ hash: 'other' }), anAuditEntry())).toBeUndefined()
      expect(await records().useToken('hash-of-ci')).toMatchObject({
        name: 'ci',
        permission: 'background_tasks.manage',
        tasks: ['catalog.*'],
        createdAt: suite.clock.now(),
        createdBy: 'manual:root',
        expiresAt: null,
        revokedAt: null,
      })
      expect(await records().useToken('hash')).toBeUndefined()
      await records().addToken(aToken({ name: 'all', hash: 'h2', tasks: null, permission: null }), anAuditEntry())
      expect(await records().tokens()).toMatchObject([{ name: 'all', tasks: null, permission: null }, { name: 'ci' }])
    })

    test('are of no use once revoked, which is done once', async () => {
      await records().addToken(aToken(), anAuditEntry())
      const revoke = () => records().revokeToken('ci', anAuditEntry({ action: 'token.revoke' }))
      expect((await Promise.all([revoke(), revoke()])).sort()).toEqual(['already_revoked', 'revoked'])
      expect(await records().useToken('hash-of-ci')).toBeUndefined()
      expect((await records().tokens())[0]?.revokedAt).toBe(suite.clock.now())
      expect(await records().revokeToken('other', anAuditEntry())).toBe('unknown')
      expect(await records().addToken(aToken({ hash: 'h2' }), anAuditEntry())).toBeUndefined()
      expect((await actions()).filter((action) => action === 'token.revoke')).toHaveLength(1)
    })

    test('are of no use once they have expired', async () => {
      await records().addToken(aToken({ lifetimeMs: HOUR_MS }), anAuditEntry())
      suite.clock.advance('59m')
      expect(await records().useToken('hash-of-ci')).toMatchObject({ expiresAt: suite.clock.now() + 60_000 })
      suite.clock.advance('1m')
      expect(await records().useToken('hash-of-ci')).toBeUndefined()
    })

    test('their last use is noted once a minute', async () => {
      await records().addToken(aToken(), anAuditEntry())
      const lastUsed = async () => (await records().tokens())[0]?.lastUsedAt
      const first = suite.clock.now()
      expect(await lastUsed()).toBeNull()
      await records().useToken('hash-of-ci')
      expect(await lastUsed()).toBe(first)
      suite.clock.advance('59s')
      await records().useToken('hash-of-ci')
      expect(await lastUsed()).toBe(first)
      suite.clock.advance('1s')
      await records().useToken('hash-of-ci')
      expect(await lastUsed()).toBe(first + 60_000)
    })
  })

  describe('attempts', () => {
    test('are counted by their keys, each in its window, however many come at once', async () => {
      const counted = await Promise.all(
        Array.from({ length: 20 }, () => records().countAttempt(['account:ana', 'address:10.0.0.1'], HOUR_MS)),
      )
      const most = (key: string) => Math.max(...counted.flat().map((each) => (each.key === key ? each.count : 0)))
      expect([most('account:ana'), most('address:10.0.0.1')]).toEqual([20, 20])
      suite.clock.advance('59m')
      expect(await records().countAttempt(['account:ana'], HOUR_MS)).toEqual([
        { key: 'account:ana', count: 21, resetsInMs: 60_000 },
      ])
      suite.clock.advance('1m')
      expect(await records().countAttempt(['account:ana'], HOUR_MS)).toMatchObject([{ count: 1 }])
      await records().forgetAttempts('account:ana')
      expect(await records().countAttempt(['account:ana'], HOUR_MS)).toMatchObject([{ count: 1 }])
    })

    test('are counted across processes', async () => {
      const other = await openOne(suite.store.url)
      await other.migrate()
      await records().countAttempt(['account:ana'], HOUR_MS)
      const [counted] = await other.access.countAttempt(['account:ana'], HOUR_MS)
      expect(counted?.count).toBe(suite.store.url === 'sqlite::memory:' ? 1 : 2)
    })
  })
}
