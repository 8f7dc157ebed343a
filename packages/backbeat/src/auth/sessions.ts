import { permissionOf } from '../access/permissions.ts'
import type { Principal } from '../access/principal.ts'
import { BackbeatError } from '../errors.ts'
import { networkOf } from '../net/addresses.ts'
import type { AccessRecords, AttemptCount, User } from '../store/store.ts'
import { storableText } from '../text.ts'
import { type Actor, auditEntry } from './actor.ts'
import { checkedPassword, type PasswordHasher } from './password.ts'
import { hashOf, newSessionSecret } from './secrets.ts'

const HOUR_MS = 3_600_000
/** A session that is not used for so long has ended. */
const IDLE_MS = 12 * HOUR_MS
/** A session has ended after so long, however much it is used. */
export const LIFETIME_MS = 7 * 24 * HOUR_MS

const WINDOW_MS = HOUR_MS / 4
/** So many tries in a window; a success begins the account's count anew. */
const TRIES = { account: 10, address: 50 }

const MAX_NAME_LENGTH = 100

export interface Credentials {
  name: string
  password: string
}

export interface NewPassword {
  current: string
  next: string
}

/** Too many tries to sign in. */
export class TooManyAttemptsError extends BackbeatError {
  override readonly name = 'TooManyAttemptsError'
  readonly retryAfterSeconds: number

  constructor(waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    super('too_many_attempts', `Too many tries to sign in. Try again in ${seconds} seconds.`, { status: 429 })
    this.retryAfterSeconds = seconds
  }
}

/** Signing in with a name and a password, and out again. */
export class Sessions {
  readonly #records: AccessRecords
  readonly #hasher: PasswordHasher

  constructor(records: AccessRecords, hasher: PasswordHasher) {
    this.#records = records
    this.#hasher = hasher
  }

  /**
   * Begins a session, always under a new secret, and ends the one that the browser had.
   *
   * @param from where the request comes from
   * @returns the secret for the browser to hold
   * @throws BackbeatError `invalid_credentials`, and TooManyAttemptsError
   */
  async signIn(
    { name: given, password }: Credentials,
    previous: string | null,
    from: Omit<Actor, 'name'>,
  ): Promise<{ secret: string; user: User }> {
    const name = storableText(given.trim().toLowerCase(), MAX_NAME_LENGTH)
    await this.#count(name, from.address)
    const user = await this.#records.findUser(name)
    const isRight = await this.#hasher.verify(password, user?.passwordHash)
    if (!user || !isRight || user.disabledAt !== null) {
      const note = { action: 'session.sign_in_failed', subject: `user:${name}` }
      await this.#records.recordAudit(auditEntry({ ...from, name: 'anonymous' }, note))
      throw new BackbeatError(
        'invalid_credentials',
        'The name or the password is wrong, or the account is disabled. Try again, or ask an administrator.',
        { status: 401 },
      )
    }
    await this.#records.forgetAttempts(accountKey(name))
    if (this.#hasher.isOutdated(user.passwordHash)) {
      await this.#records.replaceHash(user.id, user.passwordHash, await this.#hasher.hash(password))
    }
    const secret = newSessionSecret()
    await this.#records.addSession(
      { hash: hashOf(secret), userId: user.id, lifetimeMs: LIFETIME_MS },
      previous === null ? null : hashOf(previous),
      auditEntry({ ...from, name: `manual:${name}` }, { action: 'session.sign_in', subject: `user:${name}` }),
    )
    return { secret, user }
  }

  async signOut(secret: string, actor: Actor): Promise<void> {
    const subject = actor.name.replace('manual:', 'user:')
    await this.#records.removeSession(hashOf(secret), auditEntry(actor, { action: 'session.sign_out', subject }))
  }

  /**
   * Gives the user of a session another password, and ends their other sessions.
   *
   * @param secret the session's, which goes on
   * @throws BackbeatError `invalid_password`, `wrong_password`, and TooManyAttemptsError
   */
  async changePassword(name: string, { current, next }: NewPassword, secret: string, actor: Actor): Promise<void> {
    checkedPassword(next)
    await this.#count(name, actor.address)
    const user = await this.#records.findUser(name)
    const isRight = await this.#hasher.verify(current, user?.passwordHash)
    const subject = `user:${name}`
    if (user && isRight) {
      const change = {
        userId: user.id,
        oldHash: user.passwordHash,
        newHash: await this.#hasher.hash(next),
        keptSession: hashOf(secret),
      }
      const note = { action: 'user.change_password', subject, after: { password: 'changed' } }
      if (await this.#records.changePassword(change, auditEntry(actor, note))) {
        return this.#records.forgetAttempts(accountKey(name))
      }
    }
    await this.#records.recordAudit(auditEntry(actor, { action: 'user.change_password_failed', subject }))
    throw new BackbeatError(
      'wrong_password',
      'The present password is wrong, so nothing was changed. Try again, or ask an administrator for a new one.',
      { status: 403 },
    )
  }

  /** Who a session belongs to; `undefined` where it has ended. */
  async identify(secret: string): Promise<Principal | undefined> {
    const user = await this.#records.useSession(hashOf(secret), IDLE_MS)
    return user && principalOf(user)
  }

  /** Counted before the password is looked at, so that many at once do not slip through. */
  async #count(name: string, address: string | null): Promise<void> {
    const limits = new Map([[accountKey(name), TRIES.account]])
    if (address !== null) limits.set(`address:${storableText(networkOf(address), MAX_NAME_LENGTH)}`, TRIES.address)
    const counts = await this.#records.countAttempt([...limits.keys()], WINDOW_MS)
    const exceeded = counts.filter(({ key, count }: AttemptCount) => count > (limits.get(key) ?? 0))
    if (exceeded.length > 0) throw new TooManyAttemptsError(Math.max(...exceeded.map(({ resetsInMs }) => resetsInMs)))
  }
}

export function principalOf({ name, role }: Pick<User, 'name' | 'role'>): Principal {
  return { kind: 'user', name, permission: permissionOf(role), tasks: null, starts: [] }
}

function accountKey(name: string): string {
  return `account:${name}`
}
