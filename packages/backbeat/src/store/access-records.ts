import type { Permission, Role } from '../access/permissions.ts'
import type { Json } from '../json.ts'
import type { Page, PageRequest } from './paging.ts'

/** Somebody who may sign in. */
export interface User {
  id: string
  /** Unique, in lower case. */
  name: string
  role: Role
  createdAt: number
  /** Since when signing in is refused; `null` where it is not. */
  disabledAt: number | null
}

export interface UserWithPassword extends User {
  passwordHash: string
}

export interface NewUser extends Pick<User, 'id' | 'name' | 'role'> {
  passwordHash: string
}

/** What is absent stays. */
export interface UserChange {
  role?: Role
  passwordHash?: string
  disabled?: boolean
}

export interface PasswordChange {
  userId: string
  oldHash: string
  newHash: string
  /** The hash of the session that goes on. */
  keptSession: string
}

/** What became of a change to a user. */
export type UserChanged =
  | { kind: 'changed'; before: User; after: User }
  | { kind: 'unknown' }
  /** It would leave nobody who may administer; nothing was changed. */
  | { kind: 'last_admin' }

/** Signed in until `expiresAt` at most, and for `idleMs` after it was last used. */
export interface NewSession {
  /** Of the secret that the browser holds. */
  hash: string
  userId: string
  lifetimeMs: number
}

/** A secret that a program identifies itself with. */
export interface ApiToken {
  id: string
  /** Unique among tokens, revoked ones included. */
  name: string
  /** The highest; `null` where it may only start tasks. */
  permission: Permission | null
  /** Patterns of the tasks that it is for; `null` for every task. */
  tasks: string[] | null
  createdAt: number
  createdBy: string
  expiresAt: number | null
  revokedAt: number | null
  /** To the minute. */
  lastUsedAt: number | null
}

export interface NewApiToken extends Pick<ApiToken, 'id' | 'name' | 'permission' | 'tasks' | 'createdBy'> {
  hash: string
  /** How long it is valid; `null` for ever. */
  lifetimeMs: number | null
}

/** What somebody changed. */
export interface NewAuditEntry {
  /** Who: `manual:ana`, `api:ci-deploy`, `cli:root`, `anonymous`. */
  actor: string
  /** What, such as `job.cancel`. */
  action: string
  /** To what, such as `job:<id>` or `user:ana`. */
  subject: string
  before: Json
  after: Json
  requestId: string | null
  /** Of the network, as far as it is known. */
  address: string | null
}

export interface AuditEntry extends NewAuditEntry {
  id: number
  at: number
}

export interface AuditFilter {
  actor?: string
  action?: string
  subject?: string
}

/** How often something was tried within the window that it is in. */
export interface AttemptCount {
  key: string
  count: number
  /** Until a new window begins. */
  resetsInMs: number
}

/** A request that may be sent again under its key, and is to have one effect. */
export interface IdempotentRequest {
  /** Of who asks and the key that they gave. */
  key: string
  /** Of the request: the same key with another one is a mistake. */
  fingerprint: string
  /** The job that the request makes. It is stored once, because ids are unique. */
  jobId: string
}

export type Reservation =
  /** The request is ours to do, with this id. */
  | { kind: 'reserved'; jobId: string }
  | { kind: 'other_request' }
  /** Somebody does it now. */
  | { kind: 'in_progress' }
  | { kind: 'done'; jobId: string }

export interface IdempotencyRecords {
  /**
   * Reserves a request to be done; one that nobody has finished for `patienceMs` is handed out again,
   * under the same job's id. Forgets what is older than `keepMs`.
   */
  reserveRequest(request: IdempotentRequest, times: { keepMs: number; patienceMs: number }): Promise<Reservation>
  /** @param jobId the one that was answered, which may be another than was reserved */
  finishRequest(key: string, jobId: string): Promise<void>
  /** Lets the key be used again, where nothing came of the request. */
  releaseRequest(key: string): Promise<void>
}

export interface AuditRecords {
  /** Newest first. */
  auditLog(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>
  recordAudit(entry: NewAuditEntry): Promise<void>
  /** Removes entries that are older than `keepMs`, the oldest first and a bounded number at once; answers how many. */
  pruneAudit(keepMs: number): Promise<number>
}

/**
 * Who may use the API, and what they did with it. Each change is written with its audit entry, in one
 * transaction.
 */
export interface AccessRecords extends AuditRecords, IdempotencyRecords {
  /** Whether anybody may sign in. */
  hasUsers(): Promise<boolean>
  /** By name. */
  users(): Promise<User[]>
  findUser(name: string): Promise<UserWithPassword | undefined>
  /** The user, or `undefined` where the name is taken. */
  addUser(user: NewUser, audit: NewAuditEntry): Promise<User | undefined>
  /** A new password and being disabled end every session of the user. */
  changeUser(name: string, change: UserChange, audit: NewAuditEntry): Promise<UserChanged>
  /**
   * Stores another password, and ends every session of the user but one. Answers `false`, and does nothing,
   * where the password has changed.
   */
  changePassword(change: PasswordChange, audit: NewAuditEntry): Promise<boolean>
  /** Stores the same password, hashed anew; does nothing where it has changed. */
  replaceHash(userId: string, oldHash: string, newHash: string): Promise<void>

  /** Stores a session and ends the one that the browser had before. */
  addSession(session: NewSession, replaces: string | null, audit: NewAuditEntry): Promise<void>
  /** The user of a session that has not expired, and notes that it was used. */
  useSession(hash: string, idleMs: number): Promise<User | undefined>
  removeSession(hash: string, audit: NewAuditEntry): Promise<void>

  /** By name. */
  tokens(): Promise<ApiToken[]>
  /** The token, or `undefined` where the name is taken. */
  addToken(token: NewApiToken, audit: NewAuditEntry): Promise<ApiToken | undefined>
  /** Whether it was valid until now. */
  revokeToken(name: string, audit: NewAuditEntry): Promise<'revoked' | 'already_revoked' | 'unknown'>
  /** The token, unless it is revoked or has expired, and notes that it was used. */
  useToken(hash: string): Promise<ApiToken | undefined>

  /** Counts one more attempt of each key, in windows of this length. */
  countAttempt(keys: readonly string[], windowMs: number): Promise<AttemptCount[]>
  forgetAttempts(key: string): Promise<void>
}
