import { v7 as uuidv7 } from 'uuid'
import type { Role } from '../access/permissions.ts'
import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { AccessRecords, User } from '../store/store.ts'
import { storableText } from '../text.ts'
import { type Actor, auditEntry } from './actor.ts'
import { checkedName, knownName } from './names.ts'
import { checkedPassword, type PasswordHasher } from './password.ts'

export interface NewUserOptions {
  name: string
  role: Role
  password: string
}

export interface UserChangeOptions {
  role?: Role | undefined
  password?: string | undefined
  disabled?: boolean | undefined
}

/** The people who sign in by themselves. */
export class Users {
  readonly #records: AccessRecords
  readonly #hasher: PasswordHasher

  constructor(records: AccessRecords, hasher: PasswordHasher) {
    this.#records = records
    this.#hasher = hasher
  }

  list(): Promise<User[]> {
    return this.#records.users()
  }

  /** @throws BackbeatError `invalid_name`, `invalid_password`, `name_taken` */
  async add({ name: given, role, password }: NewUserOptions, actor: Actor): Promise<User> {
    const name = checkedName('user', given)
    const passwordHash = await this.#hasher.hash(checkedPassword(password))
    const note = { action: 'user.create', subject: `user:${name}`, after: { role } }
    const user = await this.#records.addUser({ id: uuidv7(), name, role, passwordHash }, auditEntry(actor, note))
    if (user) return user
    throw new BackbeatError(
      'name_taken',
      `There is a user ${name} already. Choose another name, or change that user.`,
      {
        status: 409,
      },
    )
  }

  /**
   * Changes a role or password, or whether signing in is refused.
   *
   * @throws BackbeatError `unknown_user`, `invalid_password`, `last_admin`
   */
  async change(given: string, { role, password, disabled }: UserChangeOptions, actor: Actor): Promise<User> {
    const name = knownName(given)
    const before = name === undefined ? undefined : await this.#records.findUser(name)
    if (name === undefined || !before) throw unknownUser(given)
    const passwordHash = password === undefined ? undefined : await this.#hasher.hash(checkedPassword(password))
    const change = {
      ...(role !== undefined && { role }),
      ...(passwordHash !== undefined && { passwordHash }),
      ...(disabled !== undefined && { disabled }),
    }
    const after: Json = {
      ...(role !== undefined && { role }),
      ...(disabled !== undefined && { disabled }),
      ...(password !== undefined && { password: 'changed' }),
    }
    const note = {
      action: disabled === true ? 'user.disable' : 'user.change',
      subject: `user:${name}`,
      before: { role: before.role, disabled: before.disabledAt !== null },
      after,
    }
    const changed = await this.#records.changeUser(name, change, auditEntry(actor, note))
    if (changed.kind === 'changed') return changed.after
    if (changed.kind === 'unknown') throw unknownUser(name)
    throw new BackbeatError(
      'last_admin',
      `${name} is the last administrator. Give somebody else the role admin first.`,
      { status: 409 },
    )
  }
}

function unknownUser(name: string): BackbeatError {
  return new BackbeatError('unknown_user', `There is no user "${storableText(name, 100)}". Check the name.`, {
    status: 404,
  })
}
