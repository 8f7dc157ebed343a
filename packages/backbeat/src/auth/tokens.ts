import { v7 as uuidv7 } from 'uuid'
import type { Permission } from '../access/permissions.ts'
import type { Principal } from '../access/principal.ts'
import { type Duration, toMs } from '../duration.ts'
import { BackbeatError } from '../errors.ts'
import type { AccessRecords, ApiToken } from '../store/store.ts'
import { storableText } from '../text.ts'
import { type Actor, auditEntry } from './actor.ts'
import { checkedName, checkedPatterns, knownName } from './names.ts'
import { hashOf, isToken, newToken } from './secrets.ts'

/** The name of the token that the settings give. */
export const ADMIN_TOKEN_NAME = 'admin'
const MAX_LIFETIME_MS = 10 * 365 * 86_400_000

export interface NewTokenOptions {
  name: string
  /** The highest; `null` where it may only start tasks, and read the jobs that it started. */
  permission: Permission | null
  /** Patterns of the tasks that it is for; `null` for every task. */
  tasks: readonly string[] | null
  /** How long it is valid; `null` for ever. */
  expires: Duration | null
}

/** The secrets that programs identify themselves with. */
export class Tokens {
  readonly #records: AccessRecords

  constructor(records: AccessRecords) {
    this.#records = records
  }

  list(): Promise<ApiToken[]> {
    return this.#records.tokens()
  }

  /**
   * Makes a token. Its secret is told now and never again: only its hash is kept.
   *
   * @throws BackbeatError `invalid_name`, `invalid_task_pattern`, `invalid_duration`, `invalid_expiry`, `name_taken`
   */
  async create(options: NewTokenOptions, actor: Actor): Promise<{ token: ApiToken; secret: string }> {
    const name = checkedName('token', options.name)
    if (name === ADMIN_TOKEN_NAME) throw nameTaken(name)
    const tasks = checkedPatterns(options.tasks)
    const lifetimeMs = lifetimeOf(options.expires)
    const { permission } = options
    const secret = newToken()
    const note = {
      action: 'token.create',
      subject: `token:${name}`,
      after: { permission, tasks, expires_in_ms: lifetimeMs },
    }
    const token = await this.#records.addToken(
      { id: uuidv7(), name, hash: hashOf(secret), permission, tasks, createdBy: actor.name, lifetimeMs },
      auditEntry(actor, note),
    )
    if (!token) throw nameTaken(name)
    return { token, secret }
  }

  /** @throws BackbeatError `unknown_token`, `already_revoked` */
  async revoke(given: string, actor: Actor): Promise<void> {
    const name = knownName(given)
    const entry = auditEntry(actor, { action: 'token.revoke', subject: `token:${name}` })
    const revoked = name === undefined ? 'unknown' : await this.#records.revokeToken(name, entry)
    if (revoked === 'unknown') {
      throw new BackbeatError('unknown_token', `There is no token "${storableText(given, 100)}". Check the name.`, {
        status: 404,
      })
    }
    if (revoked === 'already_revoked') {
      throw new BackbeatError('already_revoked', `The token ${name} is revoked already.`, { status: 409 })
    }
  }

  /** Who a token stands for; `undefined` where it is of no use. */
  async identify(secret: string): Promise<Principal | undefined> {
    if (!isToken(secret)) return undefined
    const token = await this.#records.useToken(hashOf(secret))
    if (!token) return undefined
    const { name, permission, tasks } = token
    return { kind: 'token', name, permission, tasks, starts: permission === null ? (tasks ?? ['*']) : [] }
  }
}

/** Whether there is anybody who could sign in, or a token that was not revoked. */
export async function hasAccounts(records: AccessRecords): Promise<boolean> {
  if (await records.hasUsers()) return true
  return (await records.tokens()).some(({ revokedAt }) => revokedAt === null)
}

function lifetimeOf(expires: Duration | null): number | null {
  if (expires === null) return null
  const ms = toMs(expires, 'expires')
  if (ms > 0 && ms <= MAX_LIFETIME_MS) return ms
  throw new BackbeatError('invalid_expiry', 'A token expires after 10 years at most. Give a time such as "90d".', {
    status: 422,
  })
}

function nameTaken(name: string): BackbeatError {
  return new BackbeatError(
    'name_taken',
    `There is a token ${name} already. Choose another name: those of revoked tokens stay taken, so that the audit log is clear.`,
    { status: 409 },
  )
}
