import type { AccessRecords } from '../store/store.ts'
import { PasswordHasher } from './password.ts'
import { Tokens } from './tokens.ts'
import { Users } from './users.ts'

/** Who may use the API: the users who sign in, and the tokens that programs hold. */
export class AccessControl {
  readonly users: Users
  readonly tokens: Tokens

  constructor(records: AccessRecords) {
    this.users = new Users(records, new PasswordHasher())
    this.tokens = new Tokens(records)
  }
}
