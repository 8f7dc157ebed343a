import type { Generated } from 'kysely'
import type { Permission, Role } from '../../access/permissions.ts'
import type { SchemaWords } from './dialect.ts'

export interface UsersTable {
  id: string
  name: string
  role: Role
  password_hash: string
  created_at: number
  disabled_at: number | null
}

export interface SessionsTable {
  hash: string
  user_id: string
  created_at: number
  /** To the minute. */
  used_at: number
  expires_at: number
}

export interface TokensTable {
  id: string
  name: string
  hash: string
  permission: Permission | null
  /** json: text[], or null */
  tasks: string | null
  created_at: number
  created_by: string
  expires_at: number | null
  revoked_at: number | null
  /** To the minute. */
  used_at: number | null
}

/** How often something was tried in the window that began at `since`. */
export interface SignInAttemptsTable {
  key: string
  count: number
  since: number
}

export interface AuditLogTable {
  id: Generated<number>
  at: number
  actor: string
  action: string
  subject: string
  /** json, or null */
  before: string | null
  /** json, or null */
  after: string | null
  request_id: string | null
  address: string | null
}

export interface IdempotencyKeysTable {
  key: string
  fingerprint: string
  job_id: string
  created_at: number
  /** When somebody last began to do the request. */
  begun_at: number
  /** 1 once it was answered; else 0. */
  done: number
}

export interface AccessTables {
  backbeat_users: UsersTable
  backbeat_sessions: SessionsTable
  backbeat_tokens: TokensTable
  backbeat_sign_in_attempts: SignInAttemptsTable
  backbeat_audit_log: AuditLogTable
  backbeat_idempotency_keys: IdempotencyKeysTable
}

type Words = Pick<SchemaWords, 'text' | 'integer' | 'risingKey' | 'keyedTable'>

export function accessStatements({ text, integer, risingKey, keyedTable }: Words): string[] {
  return [
    `CREATE TABLE backbeat_users (
      id ${text} PRIMARY KEY NOT NULL,
      name ${text} NOT NULL UNIQUE,
      role ${text} NOT NULL,
      password_hash ${text} NOT NULL,
      created_at ${integer} NOT NULL,
      disabled_at ${integer}
    )`,
    `CREATE TABLE backbeat_sessions (
      hash ${text} PRIMARY KEY NOT NULL,
      user_id ${text} NOT NULL,
      created_at ${integer} NOT NULL,
      used_at ${integer} NOT NULL,
      expires_at ${integer} NOT NULL
    )${keyedTable}`,
    `CREATE INDEX backbeat_sessions_user ON backbeat_sessions (user_id)`,
    `CREATE INDEX backbeat_sessions_expiry ON backbeat_sessions (expires_at)`,
    `CREATE TABLE backbeat_tokens (
      id ${text} PRIMARY KEY NOT NULL,
      name ${text} NOT NULL UNIQUE,
      hash ${text} NOT NULL UNIQUE,
      permission ${text},
      tasks ${text},
      created_at ${integer} NOT NULL,
      created_by ${text} NOT NULL,
      expires_at ${integer},
      revoked_at ${integer},
      used_at ${integer}
    )`,
    `CREATE TABLE backbeat_sign_in_attempts (
      key ${text} PRIMARY KEY NOT NULL,
      count ${integer} NOT NULL,
      since ${integer} NOT NULL
    )${keyedTable}`,
    `CREATE INDEX backbeat_sign_in_attempts_since ON backbeat_sign_in_attempts (since)`,
    `CREATE TABLE backbeat_audit_log (
      id ${risingKey},
      at ${integer} NOT NULL,
      actor ${text} NOT NULL,
      action ${text} NOT NULL,
      subject ${text} NOT NULL,
      before ${text},
      after ${text},
      request_id ${text},
      address ${text}
    )`,
    `CREATE INDEX backbeat_audit_log_actor ON backbeat_audit_log (actor, id)`,
    `CREATE INDEX backbeat_audit_log_action ON backbeat_audit_log (action, id)`,
    `CREATE INDEX backbeat_audit_log_subject ON backbeat_audit_log (subject, id)`,
    `CREATE TABLE backbeat_idempotency_keys (
      key ${text} PRIMARY KEY NOT NULL,
      fingerprint ${text} NOT NULL,
      job_id ${text} NOT NULL,
      created_at ${integer} NOT NULL,
      begun_at ${integer} NOT NULL,
      done ${integer} NOT NULL
    )${keyedTable}`,
    `CREATE INDEX backbeat_idempotency_keys_created ON backbeat_idempotency_keys (created_at)`,
  ]
}
