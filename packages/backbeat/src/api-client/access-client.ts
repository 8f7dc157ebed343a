import type { RequestOptions, Requests } from './requests.ts'
import type * as api from './types.ts'

const ADMIN = '/api/v1/admin'
const SESSION = `${ADMIN}/session`
const USERS = `${ADMIN}/users`
const TOKENS = `${ADMIN}/tokens`
const AUDIT_LOG = `${ADMIN}/audit-log`

/** Signing in, who may do what, and what they did. */
export class AccessClient {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Begins a session, which a browser holds in its cookie. */
  signIn(credentials: api.Credentials, options?: RequestOptions): Promise<api.Session> {
    return this.#requests.post(SESSION, { body: credentials, ...options })
  }

  /** Ends the session of the browser's cookie. */
  signOut(options?: RequestOptions): Promise<void> {
    return this.#requests.send('DELETE', SESSION, { ...options })
  }

  /** Who one is, and what one may do. */
  whoAmI(options?: RequestOptions): Promise<api.Session> {
    return this.#requests.get(SESSION, { ...options })
  }

  /** Gives oneself another password, which ends one's other sessions. */
  changePassword(change: api.PasswordChange, options?: RequestOptions): Promise<void> {
    return this.#requests.post(`${SESSION}/password`, { body: change, ...options })
  }

  async users(options?: RequestOptions): Promise<api.User[]> {
    return (await this.#requests.get<{ items: api.User[] }>(USERS, { ...options })).items
  }

  addUser(user: api.NewUser, options?: RequestOptions): Promise<api.User> {
    return this.#requests.post(USERS, { body: user, ...options })
  }

  changeUser(name: string, change: api.UserChange, options?: RequestOptions): Promise<api.User> {
    return this.#requests.send('PATCH', `${USERS}/${encodeURIComponent(name)}`, { body: change, ...options })
  }

  async tokens(options?: RequestOptions): Promise<api.Token[]> {
    return (await this.#requests.get<{ items: api.Token[] }>(TOKENS, { ...options })).items
  }

  /** Makes a token; its secret is in the answer, and nowhere else. */
  createToken(token: api.NewToken, options?: RequestOptions): Promise<api.CreatedToken> {
    return this.#requests.post(TOKENS, { body: token, ...options })
  }

  revokeToken(name: string, options?: RequestOptions): Promise<void> {
    return this.#requests.send('DELETE', `${TOKENS}/${encodeURIComponent(name)}`, { ...options })
  }

  /** Who changed what, newest first, read page by page as it is needed. */
  auditLog(query: api.AuditQuery = {}, options?: RequestOptions): AsyncGenerator<api.AuditEntry, void> {
    return this.#requests.all(AUDIT_LOG, query, options)
  }

  /** One page of the audit log, newest first. */
  auditPage(query: api.AuditQuery = {}, options?: RequestOptions): Promise<api.AuditPage> {
    return this.#requests.get(AUDIT_LOG, { query, ...options })
  }
}
