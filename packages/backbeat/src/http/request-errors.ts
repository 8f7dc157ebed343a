import { BackbeatError, type InputIssue } from '../errors.ts'
import { storableText } from '../text.ts'

/** So many are named in the message, each cut to this length; all of them are in `issues`. */
const NAMED_ISSUES = 5
const NAMED_LENGTH = 300

/** The request is readable but some of its values cannot be accepted. */
export class InvalidRequestError extends BackbeatError {
  override readonly name = 'InvalidRequestError'
  readonly issues: InputIssue[]

  constructor(code: 'invalid_input' | 'invalid_query', issues: InputIssue[]) {
    const part = code === 'invalid_query' ? 'query' : 'body'
    const named = issues
      .slice(0, NAMED_ISSUES)
      .map(({ path, message }) => storableText(`${path.join('.') || part}: ${message}`, NAMED_LENGTH))
    super(code, `The ${part} of the request is not valid. ${named.join('; ')}`, { status: 422 })
    this.issues = issues
  }
}

/** The path exists, but not with this method. */
export class MethodNotAllowedError extends BackbeatError {
  override readonly name = 'MethodNotAllowedError'
  readonly allowed: readonly string[]

  constructor(method: string, allowed: readonly string[]) {
    super('method_not_allowed', `${method} is not possible here. Use ${allowed.join(' or ')}.`, { status: 405 })
    this.allowed = allowed
  }
}
