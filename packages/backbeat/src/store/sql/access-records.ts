import type { Kysely } from 'kysely'
import type * as port from '../access-records.ts'
import type { Page, PageRequest } from '../paging.ts'
import { auditSteps, hasOldAudit, listAudit, pruneAudit } from './access-audit.ts'
import { finishRequest, releaseRequest, reserveRequest } from './access-idempotency.ts'
import {
  addSession,
  countAttempts,
  findSession,
  forgetAttempts,
  noteSessionUse,
  removeSession,
} from './access-sessions.ts'
import type { Now } from './access-steps.ts'
import { addToken, findToken, listTokens, noteTokenUse, revokeToken } from './access-tokens.ts'
import { addUser, changePassword, changeUser, findUser, hasUsers, listUsers, replaceHash } from './access-users.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

/** How a store runs steps that were compiled for its database. What is begun again is made anew. */
export interface StepRunner {
  /** Where nothing is written. */
  read<Result>(steps: (now: Now) => Steps<Result>): Promise<Result>
  /** In one transaction, undone where the steps throw. */
  write<Result>(steps: (now: Now) => Steps<Result>): Promise<Result>
}

/** Who may use the API, in the tables of either database. */
export class SqlAccessRecords implements port.AccessRecords {
  readonly #db: Kysely<Tables>
  readonly #run: StepRunner

  /** @param db compiles queries; what they are run on is the runner's */
  constructor(db: Kysely<Tables>, run: StepRunner) {
    this.#db = db
    this.#run = run
  }

  hasUsers(): Promise<boolean> {
    return this.#run.read(() => hasUsers(this.#db))
  }

  users(): Promise<port.User[]> {
    return this.#run.read(() => listUsers(this.#db))
  }

  findUser(name: string): Promise<port.UserWithPassword | undefined> {
    return this.#run.read(() => findUser(this.#db, name))
  }

  addUser(user: port.NewUser, audit: port.NewAuditEntry): Promise<port.User | undefined> {
    return this.#run.write((now) => addUser(this.#db, user, audit, now))
  }

  changeUser(name: string, change: port.UserChange, audit: port.NewAuditEntry): Promise<port.UserChanged> {
    return this.#run.write((now) => changeUser(this.#db, name, change, audit, now))
  }

  changePassword(change: port.PasswordChange, audit: port.NewAuditEntry): Promise<boolean> {
    return this.#run.write((now) => changePassword(this.#db, change, audit, now))
  }

  replaceHash(userId: string, oldHash: string, newHash: string): Promise<void> {
    return this.#run.write(() => replaceHash(this.#db, userId, oldHash, newHash))
  }

  addSession(session: port.NewSession, replaces: string | null, audit: port.NewAuditEntry): Promise<void> {
    return this.#run.write((now) => addSession(this.#db, session, replaces, audit, now))
  }

  async useSession(hash: string, idleMs: number): Promise<port.User | undefined> {
    const found = await this.#run.read((now) => findSession(this.#db, hash, idleMs, now))
    if (found && !found.isUseKnown) await this.#run.write((now) => noteSessionUse(this.#db, hash, now))
    return found?.user
  }

  removeSession(hash: string, audit: port.NewAuditEntry): Promise<void> {
    return this.#run.write((now) => removeSession(this.#db, hash, audit, now))
  }

  tokens(): Promise<port.ApiToken[]> {
    return this.#run.read(() => listTokens(this.#db))
  }

  addToken(token: port.NewApiToken, audit: port.NewAuditEntry): Promise<port.ApiToken | undefined> {
    return this.#run.write((now) => addToken(this.#db, token, audit, now))
  }

  revokeToken(name: string, audit: port.NewAuditEntry): Promise<'revoked' | 'already_revoked' | 'unknown'> {
    return this.#run.write((now) => revokeToken(this.#db, name, audit, now))
  }

  async useToken(hash: string): Promise<port.ApiToken | undefined> {
    const found = await this.#run.read((now) => findToken(this.#db, hash, now))
    if (found && !found.isUseKnown) await this.#run.write((now) => noteTokenUse(this.#db, found.token.id, now))
    return found?.token
  }

  countAttempt(keys: readonly string[], windowMs: number): Promise<port.AttemptCount[]> {
    return this.#run.write((now) => countAttempts(this.#db, keys, windowMs, now))
  }

  forgetAttempts(key: string): Promise<void> {
    return this.#run.write(() => forgetAttempts(this.#db, key))
  }

  auditLog(filter: port.AuditFilter, page: PageRequest): Promise<Page<port.AuditEntry>> {
    return this.#run.read(() => listAudit(this.#db, filter, page))
  }

  recordAudit(entry: port.NewAuditEntry): Promise<void> {
    return this.#run.write((now) => auditSteps(this.#db, entry, now))
  }

  async pruneAudit(keepMs: number): Promise<number> {
    const isDue = await this.#run.read((now) => hasOldAudit(this.#db, keepMs, now))
    return isDue ? this.#run.write((now) => pruneAudit(this.#db, keepMs, now)) : 0
  }

  reserveRequest(
    request: port.IdempotentRequest,
    times: { keepMs: number; patienceMs: number },
  ): Promise<port.Reservation> {
    return this.#run.write((now) => reserveRequest(this.#db, request, times, now))
  }

  finishRequest(key: string, jobId: string): Promise<void> {
    return this.#run.write(() => finishRequest(this.#db, key, jobId))
  }

  releaseRequest(key: string): Promise<void> {
    return this.#run.write(() => releaseRequest(this.#db, key))
  }
}
